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
"""
