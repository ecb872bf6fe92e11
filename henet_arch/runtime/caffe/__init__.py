"""Caffe networks run by OpenCV."""
