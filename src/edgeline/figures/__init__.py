"""What people would rather look at than read: a module per group of pictures.

Each picture is a function of reports and arrays to a figure of matplotlib; none knows where it will hang.
"""
