"""What a hostile server does on the control connection, and what comes of it."""
import pytest

from bed.hostile import Row, name_of, run_row

ROWS = (
    Row("the reply to PWD comes twice", (), 0, options=("-c", "pwd; get small"),
        behaviour="reply-twice=PWD", shows="^/$"),
)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_control(row, fake, client):
    run_row(row, fake, client)
