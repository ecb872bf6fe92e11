"""Folders of image files, one for each class, as a data set."""
