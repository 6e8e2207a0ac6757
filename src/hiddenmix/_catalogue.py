"""The catalogue of codes: one teaching paragraph for each message that hiddenmix can give.

HM1xx input data and files; HM2xx the model cannot be fitted to these data; HM3xx about the fit that was made;
HM4xx options and arguments; HM5xx prediction and model files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

__all__ = ["CATALOGUE", "Explanation"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A code, its title (a few words) and the paragraph that ``hiddenmix explain`` prints."""

    code: str
    title: str
    explanation: str


# An entry is a line with code and title, then its paragraph; a blank line ends it.
_TEXT: Final = """
HM101 no such file
The name given is neither a file that can be opened from the current folder nor a built-in data set. Check the
spelling and the folder; `hiddenmix datasets` lists the built-in names.

HM102 the file cannot be read as a table
Comma-, tab- or semicolon-separated text (also gzipped), Parquet and JSON lines are understood. The file was opened,
but its content does not have the form that its name or its first lines promise: it may be cut off, be of another
kind, or have rows of differing lengths. `hiddenmix look FILE` shows what was understood.

HM103 no usable column
After setting aside labels, text, dates, identifiers and constant columns, no column of numbers was left to fit.
`hiddenmix look FILE` gives the reason for each column; `--columns a,b` overrides the guess.

HM104 a column of that name does not exist
A name given in `--columns`, `--labels` or `--target` is not in the table. Names are compared exactly, capitals and
spaces included. `hiddenmix look FILE` lists them.

HM110 the table is empty
A model needs at least one row and one column. An empty table often means that a filter (`--where`, a mask) let
nothing through, or that a file holds a header only.

HM111 the data have the wrong shape
Data are a table: one row per observation, one column per measured quantity, hence two-dimensional. One quantity is a
table of one column, `x.reshape(-1, 1)`; one observation is a table of one row, `x.reshape(1, -1)`.

HM112 text in a number column
All other values of the column are numbers, so it was taken as a number column, and a text in it has no value that
could enter a mean or a covariance. Usually the text is somebody's spelling of 'missing': name it with `--missing`
and the cell is integrated out. Otherwise correct the file, or leave the column out.

HM113 a column of dates or times
A date is a point on a calendar, not a quantity with a meaningful zero. Turn it into the number that matters to the
question (days since an event, hour of day, year), and fit that.

HM114 complex numbers
The models here are densities of real numbers. Give real and imaginary part, or modulus and phase, as columns.

HM115 values that are not numbers
An array of Python objects is accepted when every element is a number or a mark for 'missing' (None, NaN, pandas.NA).
The place named holds something else, such as a list, a dictionary or a text.

HM116 infinite values
An infinite value has density zero under every model, so the likelihood would be zero whatever the parameters. It is
usually the result of a division by zero or of log(0) earlier on. If it stands for 'unknown', write NaN: missing
cells are integrated out.

HM117 sparse matrices
Covariances of centred columns are dense even where the data are mostly zeros, so a sparse matrix would be made dense
anyway, perhaps at the price of all the memory. Reduce the number of columns first, or call `.toarray()` if the dense
table fits.

HM118 a column without any value
Every cell of the column is missing, so no parameter that belongs to it can be estimated. Leave it out; the command
line does so by itself, and says so.

HM119 values too large or too small to square
Variances are sums of squares, and the square of a number beyond 1e150, or below 1e-150, cannot be held in double
precision. Change the unit of the column: dividing it by a power of ten changes nothing but the unit of the answer.

HM121 weights of the wrong shape
`sample_weight` is one number for all rows, or one number for each row, in the order of the rows.

HM122 weights that are negative or not finite
A weight of 3 means that the row counts as three rows, and 0 that it is absent. A negative, infinite or missing
weight has no such reading.

HM123 all weights are zero
A row of weight zero is absent, so with all weights zero there are no data. At least one must be positive.

HM124 negative counts
A count says how often something happened; it cannot be negative. If the values are measurements and not counts, a
Gaussian model suits them.

HM125 counts that are not whole numbers
A count is a whole number. Fractions appear when counts were divided by something (a rate) or averaged; give the
counts themselves, and the number of trials or the exposure beside them.

HM126 more successes than trials
A binomial count lies between 0 and its number of trials. Give the right number of trials, one for all, one per
column, or one per cell; without it, the largest count seen is taken.

HM127 trials that are not whole numbers above zero
The number of trials is how often the coin was tossed for this count: 1, 2, 3, ...

HM128 labels of the wrong length
Known labels are one per row, in the order of the rows. A row whose label is unknown has -1, None or NaN.

HM129 a table that cannot be understood
Accepted are NumPy arrays, nested lists, masked arrays, and the data frames of pandas, polars, pyarrow and DuckDB.
Rows of differing lengths, or columns of nested values, are not a table.

HM130 soft labels that are no weights
Known labels with two axes say how far each row belongs to each component: one row per row of the data, one column
per component, weights of 0 or more. A weight of 0 makes a component impossible for that row, so at least one must be
positive; a row of NaN is a row of which nothing is known.

HM131 weights that sum to few rows
Criteria take the sum of the weights for the number of rows, and BIC's penalty grows with its log: weights that sum to
1 leave no penalty, and the largest model wins. Let them sum to the number of rows that they stand for.

HM201 fewer distinct rows than components
A component that has no row of its own can be placed anywhere, and one that sits on copies of a single row has
variance 0 and an infinite likelihood. So k components need at least k distinct rows. Ask for fewer components, or
look why the rows repeat: rounding, or a table that was joined with itself.

HM202 more components than rows
Each component needs at least one row to be estimated from; a stable estimate needs many. Ask for fewer components.
`n_components='auto'` lets a criterion choose.

HM203 degenerate columns: the covariance has no inverse
A column that is constant, that repeats another, or that is a combination of others (a total beside its parts) makes
the covariance singular: the density along that direction is infinite, and no maximum of the likelihood exists. The
same happens with no more rows than columns. hiddenmix then fits with reg_covar=1e-6 and says so. Leaving the column
out loses nothing, for the others determine it. With reg_covar=0 it is an error.

HM204 column scales far apart
A spherical covariance gives all columns the same variance, so the column with the largest numbers decides
everything. Use columns in comparable units, `--standardize`, or a diagonal or full covariance, which adapt to any
units.

HM205 no start finished
Every start collapsed or left the finite numbers, so there is no estimate to give back. The model has more freedom
than the data can hold: take fewer components, a simpler covariance (tied, diag), or a prior.

HM206 no model of the path could be fitted
Each number of components and covariance shape that was tried failed; the table of the path gives the reason for
each. Usually the range of k is too large for the data, or the columns are degenerate.

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
The fit was interrupted. The result is the best found so far and has not converged.

HM311 the log-likelihood fell
EM never lowers the likelihood when the M-step maximises and the E-step is exact, so a fall is a defect or a rounding
problem: an M-step that does not maximise, a floor that is not part of the objective, or single precision at the
limit of its digits. The fit stops there and is not called converged.

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

HM420 no standard errors here
Standard errors come from the curvature of the log-likelihood at an interior maximum. Away from a maximum, at a
parameter on the boundary of its range, or along a direction in which the likelihood is flat, there is no such
curvature. Let the fit converge first; a prior keeps parameters inside; fewer components remove flat directions.

HM421 the data of the fit are not at hand
Model files, pickles and copies hold the parameters and not the data. What needs the data again, such as standard
errors, asks for the fit to be repeated.

HM501 other columns than at the fit
A fitted model belongs to the columns it saw, by name and by order. Rename, reorder or add columns.

HM502 another number of columns than at the fit
A fitted model belongs to the columns it saw. The new data have more or fewer of them.

HM503 a category that the fit never saw
The model has a probability for each level that occurred in the data it was fitted on, and none for a new one.
Replace it by a known level, or by a missing value, which is integrated out.

HM504 column names on one side only
The model was fitted on a table with column names and now gets one without, or the other way round. The columns are
then taken in the order in which they stand. Nothing is wrong if that is the order of the fit.

HM511 not a model file
Model files are written by `save` or by `hiddenmix fit --out`; they are zip archives that hold JSON and plain arrays.
The file given is something else.

HM512 a model file from a newer hiddenmix
The file's format is newer than this version of hiddenmix can read. Upgrade hiddenmix.

HM513 a damaged model file
The archive is incomplete, or its checksum does not match: an interrupted download or copy, or a full disk. Copy the
file again, or fit again.

HM514 a model file of another kind
The file is a hiddenmix model, but not of the class it was opened with, or not one that can do what was asked (the
command line predicts with mixtures of number columns only).

HM515 a value that a model file cannot hold
Model files hold numbers, texts, booleans, None, lists, dictionaries and arrays of numbers or texts, and never code.
The message names the place of the value that is none of these.

HM516 a file that cannot be written
The folder does not exist, may not be written to, or the disk is full; the message has the system's own reason. A
file of that name that was there before is left as it was.
"""


def _parse(text: str) -> Mapping[str, Explanation]:
    entries = {}
    for block in text.strip().split("\n\n"):
        head, _, body = block.partition("\n")
        code, _, title = head.partition(" ")
        entries[code] = Explanation(code, title, " ".join(body.split()))
    return MappingProxyType(entries)


CATALOGUE: Final = _parse(_TEXT)
