"""HM1xx: input data and files. A line with code and title begins an entry; a blank line ends it."""

TEXT = """
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

HM105 a file too large for the lab
The lab takes files of up to 50 MB, and of up to 500 MB once they are unpacked, because it keeps several tables in
memory at a time. A file is refused, too, where reading it would take more than 1 GB of memory or more than two
minutes. The command line has no such limits: `hiddenmix fit FILE`, and `hiddenmix lab FILE` opens a file where it
lies.

HM106 an uploaded table that is no longer there
The lab keeps the tables that were uploaded last, in a private folder, until it is stopped. An address that names an
older one works again once the same file is uploaded again.

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
Known labels are one per row, in the order of the rows. A row whose label is unknown has -1, None or NaN; where
clusters are compared with labels, None or NaN, for there -1 is a label like any other.

HM129 a table that cannot be understood
Accepted are NumPy arrays, nested lists, masked arrays, and the data frames of pandas, polars, pyarrow and DuckDB.
Rows of differing lengths, or columns of nested values, are not a table.

HM130 soft labels that are no weights
Known labels with two axes say how far each row belongs to each component: one row per row of the data, one column
per component, weights of 0 or more. A weight of 0 makes a component impossible for that row, so at least one must be
positive; a row of NaN is a row of which nothing is known. Memberships to be compared with labels sum to 1.

HM131 weights that sum to few rows
Criteria take the sum of the weights for the number of rows, and BIC's penalty grows with its log: weights that sum to
1 leave no penalty, and the largest model wins. Let them sum to the number of rows that they stand for.

HM132 a target that is not classes
A classifier learns classes: texts, truth values, categories or whole numbers, one for each row, None or NaN where the
class is not known. Measurements with fractions are not classes; bin them first, or take a regression.

HM139 events that are neither seen nor not
Survival data are pairs: a time, and whether it ended in the event (1) or was still going when last seen (0), as
`Times(time, event)`. Codes such as 1 and 2 become these by comparison, `event == 2`; a cell of which nothing is known
has NaN in both.

HM140 values outside the bounds of a truncated distribution
Truncated data hold only rows that lie within known bounds; rows outside were never seen, and nobody knows how many they
were. A value outside contradicts that: the bounds may be in another unit, or wrong. If rows outside were seen and only
their values are not known, the data are censored: `Times` and the censored distributions.

HM143 a covariate that is missing
Memberships may depend on covariates, and then every unit needs a number for each of them: a missing answer is
integrated out because the model says how answers come about, but it says nothing of how covariates do. Leave those
units out, or fill the cells (several times, to carry the uncertainty along).

HM144 a covariate that says nothing new
A covariate that is constant repeats the intercept, and one that follows from others (a total beside its parts, all
levels of a category as zeros and ones) repeats these: infinitely many coefficients give the same memberships. Leave
it out, of a category one level; a penalty on the slopes also makes the estimate unique.

HM133 values that must be above zero
The gamma, log-normal and inverse Gaussian distributions have density zero, or none at all, at 0 and below. A 0 among
such data usually stands for 'below what the instrument sees', for 'nothing happened' or for 'not known'. Write NaN
where the value is not known, or fit the zeros apart: whether something happened, and how much where it did.

HM134 values that must be zero or more
Waiting times and durations are not negative. A negative one is usually a difference taken the wrong way around, or a
mark for 'missing': write NaN there, and the cell is integrated out.

HM135 values that must lie between zero and one
The beta distribution describes shares that are neither 0 nor 1; at these ends its density is zero or infinite. Give
percentages as shares, x / 100. Zeros and ones that come from rounding may be moved inside by half a step; ones that
mean 'none at all' are of another kind and deserve a column of their own.

HM136 values that must be whole numbers from one up
The number of trials until the first success is 1, 2, 3, ... If the data count the failures before it, and so begin at
0, say so with `Geometric(start=0)`.

HM137 angles that are not in radians
Directions are angles in radians, and those from -2 pi to 2 pi are taken as they are. Larger numbers are nearly always
degrees or hours: `np.deg2rad(x)` for degrees, `x * 2 * np.pi / 24` for hours of the day. Turns of more than one round
are brought back with `x % (2 * np.pi)`.

HM150 rows that are no directions
A direction is a vector of length 1, and its cells lie on a sphere together: all of a row are there, or none. Rows of
other lengths become directions when they are divided by their length, `X / np.linalg.norm(X, axis=1, keepdims=True)`;
a row that misses some cells has no direction, so write NaN in all of them.

HM151 rows that are no compositions
The parts of a composition are above 0 and sum to 1. Amounts become shares when they are divided by their row's sum,
`X / X.sum(axis=1, keepdims=True)`. Parts of 0 have density zero, or infinite: replace them by less than the smallest
amount that could have been seen, for instance `(X * (n - 1) + 1 / d) / n` with n rows and d parts (Smithson &
Verkuilen 2006). Of missing parts the rest, 1 less the sum of the others, must be above 0.

HM152 a region without a width
Noise is spread evenly over a box around the data. A column with a single value gives that box no width, and the density
would be infinite. Leave the column out, or say how far noise can reach: `Uniform((low, high))`.

HM145 features that a regression cannot take
A regression describes the response given the features, and says nothing of the features themselves, so that a missing
one cannot be integrated out. Impute it first (`NormalImputer`), leave its row out, or describe all columns together by
a mixture of normals. Missing responses are welcome.

HM146 a response that the distribution cannot have
Gamma responses are above 0. Zeros are often values below a limit of detection, or counts: a Poisson regression may be
what is wanted.

HM147 features that depend on one another
A column of the design that is a combination of others (a total beside its parts, an indicator for every level beside
the intercept) leaves the coefficients undetermined: many of them give the same fit. Leave one column out, or give a
prior, which makes them unique.

HM148 lengths that do not fit the rows
`lengths` says how many rows each sequence has, in the order in which they stand in the table: whole numbers of 1 or
more whose sum is the number of rows. Without lengths, all rows are one sequence.

HM149 a sequence whose rows do not stand together
With `groups`, rows that follow one another under the same label are one sequence. A label that comes back after another
one would make two sequences of it, or tear it apart. Sort the table by sequence, and by time within each of them.
"""
