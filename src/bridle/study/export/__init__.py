"""A trained network elsewhere: as an ONNX file with its preparation, or as code that trains it again.

``onnx_model`` is the whole model in ONNX, from raw cells to labels and probabilities; ``code`` holds readable
scripts for PyTorch, Keras and scikit-learn, every strength converted to the library's own unit.
"""
