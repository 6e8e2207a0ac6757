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
"""
