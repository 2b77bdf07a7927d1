"""The Open Inference Protocol, version 2, over HTTP: tensors in, tensors out, with their binary extension."""
