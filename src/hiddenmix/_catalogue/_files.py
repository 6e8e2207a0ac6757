"""HM5xx: prediction and model files. A line with code and title begins an entry; a blank line ends it."""

TEXT = """
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

HM505 other data than at the fit
A picture or report of a fit was made with rows that are not those of the fit, or that had weights or known labels
there: the number of rows or the log-likelihood is another one. It shows the fitted model on the rows that were given.

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
