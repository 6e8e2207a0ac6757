"""HM2xx: models that cannot be fitted. A line with code and title begins an entry; a blank line ends it."""

TEXT = """
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

HM207 more subclasses than rows of a class
Each class is a mixture of its own, and each of its subclasses needs at least one row that no other row repeats. A
class with fewer distinct rows than subclasses cannot have them. The message names the class and the largest number
that fits; a stable estimate needs many rows for each. `subclasses='auto'` lets a criterion choose, and a dictionary
such as `{"car": 10, "bike": 3}` gives every class its own number.

HM208 fewer than two classes
A classifier tells classes apart, and the labels given name only one, or none. Perhaps the wrong column was taken, a
filter left one class over, or all rows of the others have weight 0. A single class is described by a mixture without
labels.

HM209 a class with too few rows for the folds
Cross-validation predicts each row by a fit that did not see it, so every class needs rows to learn from in each fold,
and one to predict. With k folds a class needs at least k rows. Take fewer folds, or leave the class out.
"""
