"""What a project fetches, as a list to keep: pinned in the code, locked in a file, checked on disk, told as a BOM.

Must not know the command line, nor how files are found.
"""
