"""HM3xx: the fit that was made. A line with code and title begins an entry; a blank line ends it."""

TEXT = """
HM301 starts that collapsed
A component that closes in on one point, or on identical points, has variance going to 0 and likelihood going to
infinity. Such a fit describes nothing, so these starts were set aside; the others count. If many collapse, the model
is too rich: take fewer components, or a prior, which bounds the variance.

HM302 stopped by the iteration limit
The log-likelihood was still rising when the limit came, so the estimate is not yet a maximum. Reaching the limit is
not convergence. Give more iterations, or an accelerator: EM is slow where components overlap, because its rate is
the fraction of missing information.

HM303 few starts reached the best optimum
The likelihood of a mixture has many local maxima, and each start climbs to one of them. When only one start in many
reaches the best one seen, a better one may well exist unseen. More starts make the answer more trustworthy; the
census in the result lists each optimum and how often it was reached.

HM304 a spurious component
A component with a covariance of its own that is carried by hardly more points than it has dimensions fits these few
points too well; its likelihood is high and means nothing (McLachlan & Peel 2000, section 3.10). It is chosen only
when nothing else finished. Take fewer components, a tied covariance, or a prior.

HM305 a saddle, not a maximum
The fit stopped where the slope is zero, but the likelihood rises again in some direction: a saddle. Symmetric starts
lead there. The certificate found the direction uphill; start from another place, or let the fit go on from there.

HM306 the log-likelihood is no longer finite
An E-step produced infinity or NaN. The result holds the last finite parameters. Look for values of extreme size, or
a model of the user's own whose log_prob overflows.

HM307 a component collapsed
The covariance of a component became singular: it sits on points that lie on one another, on a line or a plane. The
likelihood grows without bound there. The result holds the last finite parameters; take fewer components, a simpler
covariance, or a prior.

HM308 a maximum on the boundary
A parameter went to the end of its range (a probability of 0 or 1, a weight of 0). That can be right, but standard
errors do not hold there. A small prior count keeps the estimate inside.

HM309 a component without rows
No row has a noticeable membership in the component, so its parameters stay what they were, and say nothing about the
data. Ask for fewer components.

HM310 interrupted
The fit was interrupted. The result is the best found so far and has not converged. Where what was interrupted is the
animation of a fit, that alone is left out.

HM311 the log-likelihood fell
EM never lowers the likelihood when the M-step maximises and the E-step is exact, so a fall is a defect or a rounding
problem: an M-step that does not maximise, a floor that is not part of the objective, or single precision at the
limit of its digits. The fit stops there and is not called converged.
"""
