"""Makes sure TensorFlow is there, and sets it up for reproducible training."""

from __future__ import annotations

import importlib.util
import os
from typing import Final

from domain.errors import ConfigurationError

_NEEDED: Final = ("tensorflow", "keras", "onnx", "h5py")
_DIRECTIONS: Final = 2


def prepare_tensorflow() -> None:
    """Import TensorFlow once, with one thread for each direction of the first LSTM.

    An operation stays on one thread, so that it adds up in the same order every time.

    Raises:
        ConfigurationError: A library of the extra ``train`` is missing.
    """
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"training needs {', '.join(missing)}; install the extra 'train'")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow as tf

    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(_DIRECTIONS)
    except RuntimeError:  # TensorFlow already runs in this process; its threads can no longer be chosen
        return
