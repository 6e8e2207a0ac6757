"""HM4xx: options and arguments. A line with code and title begins an entry; a blank line ends it."""

TEXT = """
HM401 an option has an unknown value
The option takes one of a fixed set of words; the message lists them.

HM402 the number of components is not a whole number above zero
A mixture has 1, 2, 3, ... components. `'auto'`, or a range such as `range(1, 7)`, lets a criterion choose.

HM403 a number is out of range
The option takes a number, and the one given is outside the range that the message gives.

HM404 starting values of the wrong shape
Starting values have one entry per component, leading axis k, and one per column where the parameter has them: means
(k, d), weights (k,), full covariances (k, d, d).

HM405 starting values that are no parameters
Weights are non-negative and sum to one; covariances and precisions are symmetric and positive definite;
probabilities lie between 0 and 1; everything is finite.

HM406 a filter that cannot be evaluated
`--where` takes a condition in SQL over the columns of the table, for instance `--where "year >= 2008"`. Text stands
in single quotes, column names with spaces in double quotes.

HM407 no built-in data set of that name
A few data sets from the literature come with hiddenmix; `hiddenmix datasets` lists them. Of a file, give the path.

HM408 an optional package is missing
hiddenmix's core needs NumPy, SciPy and scikit-learn only; files, pictures, speed and clusters need further packages,
which the named extra installs. `hiddenmix doctor` shows what is there.

HM409 not a code of hiddenmix
Codes have the form HM112. `hiddenmix explain` without a code lists all of them.

HM410 options that do not go together
Each of the options is fine alone, but together they ask for something contradictory; the message says what.

HM411 the model lacks what the algorithm needs
Algorithms say beforehand which methods they need from a model or its statistics, and the message names the one that
is missing: for instance, online EM scales statistics, which minima and maxima do not allow.

HM412 a classifier that takes no weights
Some of scikit-learn's classifiers have no `sample_weight` in `fit`. A classifier of subclasses then uses the weights
where it clusters the classes, and its base estimator counts every row once. Take a base estimator that has them, or
repeat the rows.

HM413 no labeling to compare with
A clustering is compared with known labelings of the same rows, and none was given. `hiddenmix.compare` takes a
dictionary such as `{"species": species}`, a data frame, or one column; the command line takes `--labels species,sex`.

HM414 too many clusters and levels
Two groupings are compared through their contingency table, a cell for each pair of cluster and level. Where both have
a value of their own for nearly every row, that table is larger than memory and says nothing: such columns are
identifiers and no groupings. Leave them out.

HM415 a picture of an unknown kind
A picture is written in the format that the end of its file's name says: .png and .webp for screens, .svg and .pdf for
paper and slides; an animation is a .gif, .webp, animated .png, or an .html page with a player.

HM416 a picture that these data or this model do not have
Curves and ellipses need numbers, divided bars need tosses, a history needs the parameters of its iterations. The
message says what is missing, and names the picture that suits the data.

HM417 a call that the lab does not understand
The page and the server of the lab talk in JSON, with fixed names and ranges. The message says which part of the call is
none of these. An address that was written or shortened by hand is the usual cause; `hiddenmix lab` begins afresh.

HM418 a call that the lab refuses
The lab answers its own page only: calls must come to 127.0.0.1, from the lab's own address, and with the token of the
address that `hiddenmix lab` printed when it started. So no other page in the browser, and no other computer, can read
your data. Open the printed address.

HM419 a session that is no longer there
The lab keeps the sessions that were used last, for half an hour. The page makes one again from its address, which says
everything that is on the screen.

HM420 no standard errors here
Standard errors come from the curvature of the log-likelihood at an interior maximum. Away from a maximum, at a
parameter on the boundary of its range, or along a direction in which the likelihood is flat, there is no such
curvature. Let the fit converge first; a prior keeps parameters inside; fewer components remove flat directions.

HM421 the data of the fit are not at hand
Model files, pickles and copies hold the parameters and not the data. What needs the data again, such as standard
errors, asks for the fit to be repeated.

HM422 no free port
The lab listens on a port of this computer, by default 8765, and tries those that follow where it is taken. All of them
were in use or forbidden: name another one with `--port`.

HM425 a report of an unknown kind
A report is written in the format that the end of its file's name says: .html is one page with everything in it, .md is
Markdown with its pictures in a folder beside it, .json holds the figures for programs.

HM430 bounds that leave no room
A truncated distribution lives between a lower and an upper bound, one pair for all columns or one for each; either may
be infinite where the distribution allows it. The lower one must be the smaller one.

HM431 a model whose memberships need covariates
The memberships of this model depend on covariates, one row of numbers for each unit. Give them wherever data are given:
`fit(X, covariates=C)`, `predict_proba(X, covariates=C)`, and at the model layer `Rows(X, covariates=C)`; with groups of
rows one row of covariates for each group.

HM432 goodness of fit that is not defined
G^2 compares a latent class model with the saturated model, which gives every pattern of answers a probability of its
own. With covariates the patterns of every unit have probabilities of their own, and known labels are no part of a
pattern, so there is nothing to compare with; with missing answers the saturated model needs the table of all patterns
in memory. Compare numbers of classes by BIC or ICL instead.

HM428 degrees of freedom out of range
Degrees of freedom of a Student-t lie between 0.1, where hardly a row is an outlier any more, and 1000, where the
distribution cannot be told from a normal. `df=None` estimates them; for a normal take `GaussianMixture`.

HM433 a formula that cannot be read
Formulas are Wilkinson's, as in R: `y ~ x1 + C(site) + x1:x2`, with `0 +` for no intercept. A column of groups stands
behind a bar, `y ~ x | id`: all rows of a group then belong to one component. Names are those of the frame's columns.

HM434 random effects that cannot be had
Random intercepts and slopes vary from group to group, so that groups must be given; the E-step is exact for normal
responses only. Take distribution="normal" with groups=..., or leave `random` out: groups alone already tie the rows of
a group to one component.

HM435 columns, weights or exposures that do not fit a regression
Columns are named as in the table, or numbered from 0; weights, covariates and known labels belong to units, and are
equal in all rows of a group; exposures are above 0. The message says which of these it is.

HM436 a hidden Markov model on independent rows
The states of a hidden Markov model follow one another, so the model must know which rows do. An array alone is a table
of independent rows: wrap it in `hiddenmix.Sequences(x, lengths)`; without lengths all rows are one sequence.

HM437 transitions that are no probabilities
Known transitions are 0 or more. The probabilities from one state sum to 1: known ones may leave something to those that
are free, and where none is free they must make up the whole. A state from which nothing is possible, not even staying,
has no way on: let its own entry be possible, and it keeps what it has.

HM439 more factors than the columns can tell
With d columns and q factors a covariance has d q - q (q - 1)/2 + d free numbers, and there is nothing left to explain
where these are more than the d (d + 1)/2 of a covariance without any structure: (d - q)^2 must be at least d + q. With
one uniqueness for all columns (probabilistic principal components) q may go up to d - 1.

HM440 a uniqueness that tends to zero
Factors explain all of a column, as far as can be told: the likelihood rises while the column's own variance falls, and
has its maximum at 0 (a Heywood case). It was held at 1e-8 of the column's variance. Usual causes are more
factors than there are, few rows, or a factor that a single column makes up; take fewer factors, or leave one of the
columns out that say the same.

HM443 a variant of EM that needs a mixture
Classification EM, stochastic EM and annealing change how memberships are made, and need a model whose memberships are
those of a finite mixture. Hidden Markov models, regressions by groups and memberships that depend on covariates have
theirs made in another way: take "em", "auto" or "split-merge" for them, and at the model layer
`Hard(Mixture(family, k))`.

HM444 inverse temperatures out of range
Inverse temperatures are above 0, and where annealing ends they are 1, which is plain EM: `schedule=(0.5, 0.7, 1)`, for
example. Below 1 memberships are more even than the posterior, above 1 more decided.

HM438 no stationary distribution
A chain that has been running for ever is in each state with the probabilities of its stationary distribution. Where
some states cannot be reached from others (left-to-right, for example), it ends in a part of the states, and nothing
says in which it began. Let the first state be free, or known.

HM441 parameters that cannot be drawn
Completed data sets that tell the whole uncertainty need draws of the parameters. The bootstrap refits the model to rows
drawn again, and a component that few rows carry can collapse on them; the curvature at the estimate gives draws only
where it is positive definite, at a maximum inside the parameter space. Take the other of the two methods, a prior, or
fewer components. `method="fixed"` keeps the parameters as they are, and makes intervals too narrow.

HM442 analyses that cannot be pooled
Rubin's rules take one estimate and its variance (the squared standard error) from each of two or more completed data
sets, in the same order and of the same shape everywhere; for several quantities covariance matrices do as well.
"""
