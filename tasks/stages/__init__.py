"""What each stage of a run does to its folder: read tables, call one pure function, write one.

Every stage can be run again: it finds its result, or makes the same one.
"""
