"""A model as two ONNX graphs, which other programs run without this package and without PyTorch.

model -> graphs -> what the search sees of them -> files, compared with the model sentence by sentence
"""
