"""What the importer of Caffe's files is made of."""
