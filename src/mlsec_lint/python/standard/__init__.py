"""What Python's own callables mean: paths, files, strings, dictionaries, getattr, partial, argparse.

Only the language and its standard library; everything else is told by the api tables.
"""

from mlsec_lint.python.standard import containers, files, functions, options, paths, strings

__all__ = ["containers", "files", "functions", "options", "paths", "strings"]
