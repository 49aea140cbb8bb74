"""`python -m mlsec_lint`: the command line."""

from mlsec_lint.cli import process

if __name__ == "__main__":
    process()
