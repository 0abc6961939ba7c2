"""Parquet files, by pyarrow, which is an extra: ``pip install 'bridle[parquet]'``.

The footer says how many rows and columns there are, which is compared with the limits first; rows are then
read batch by batch, so that what unpacks to more than it may is noticed early. (The footer also says how
large columns are, but pyarrow ends the whole process where it is asked about a damaged one.) Columns that
hold lists, structures or bytes are no cells of a table and are refused by name. What pandas stored beside the
columns (its index, its own types) is left aside: a table is its columns.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pandas as pd

from bridle.errors import DataError
from bridle.study.readers.header import refuse_duplicates
from bridle.study.readers.layout import Layout, Raw
from bridle.study.readers.limits import Refusal, check_cells, check_unpacked

MARK = b"PAR1"
_LONGEST_LIST = 10**6
_BATCH = 2**14


def read_parquet(raw: bytes, layout: Layout, refuse: Refusal) -> Raw:
    """Return the table of a Parquet file.

    Raises
    ------
    DataError
        If pyarrow is missing, the file is damaged or too large, or a column holds no plain cells.
    """
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        refuse("file", "readable", "Parquet without pyarrow", "Run: pip install 'bridle[parquet]'.")
    damage = (
        arrow.ArrowException,
        OSError,
        ValueError,
        TypeError,
        KeyError,
        NotImplementedError,
        MemoryError,
    )
    try:
        texts = [one.name for one in parquet.read_schema(io.BytesIO(raw)) if arrow.types.is_string(one.type)]
        file = parquet.ParquetFile(
            io.BytesIO(raw),
            read_dictionary=texts,  # a text that is stored once is not repeated before its size is known
            thrift_string_size_limit=len(raw),
            thrift_container_size_limit=_LONGEST_LIST,
            page_checksum_verification=True,
        )
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        check_cells(rows, columns, refuse)
        table = arrow.Table.from_batches(_batches(file, len(raw), rows, refuse), file.schema_arrow)
        refuse_duplicates(table.column_names, refuse)
        frame = pd.DataFrame(
            {name: _column(arrow, table.column(name), name, len(raw), refuse) for name in table.column_names}
        )
    except DataError:
        raise
    except damage as error:
        refuse("file", "a sound Parquet file", str(error), "Copy or download it again.")
    if not len(frame):
        refuse("file", "a table with rows", "columns without rows")
    return Raw(frame)


def _batches(file: Any, packed: int, rows: int, refuse: Refusal) -> Iterator[Any]:
    """Yield a file's rows batch by batch, as long as they are no more, and no larger, than they may be."""
    size = count = 0
    for batch in file.iter_batches(batch_size=_BATCH, use_threads=False):
        size, count = size + batch.nbytes, count + batch.num_rows
        check_unpacked(packed, size, ".parquet", refuse)
        yield batch
    if count != rows:
        refuse("file", f"of {rows} rows, as its footer says", count)


def _column(arrow: Any, column: Any, name: str, packed: int, refuse: Refusal) -> pd.Series:
    types, kind = arrow.types, column.type
    if types.is_dictionary(kind):
        if types.is_string(kind.value_type) or types.is_large_string(kind.value_type):
            check_unpacked(packed, sum(map(_text_bytes, column.chunks)), ".parquet", refuse)
        kind, column = kind.value_type, column.cast(kind.value_type)
    if types.is_decimal(kind) or types.is_float16(kind) or types.is_null(kind):
        column = column.cast(arrow.float64())
    elif types.is_large_string(kind) or types.is_string_view(kind):
        column = column.cast(arrow.string())
    elif types.is_date(kind):
        column = column.cast(arrow.timestamp("us"))
    elif not (
        types.is_boolean(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_string(kind)
        or types.is_timestamp(kind)
    ):
        refuse(
            f"column {name!r}",
            "of numbers, booleans, text or dates",
            str(kind),
            "Leave it out or convert it.",
        )
    return column.to_pandas().rename(name)


def _text_bytes(chunk: Any) -> int:
    """Return how long a dictionary's texts become where each row has its own."""
    from pyarrow import compute

    lengths = compute.binary_length(chunk.dictionary)
    return compute.sum(compute.take(lengths, chunk.indices)).as_py() or 0
