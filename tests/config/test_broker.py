"""The embedded broker: a message arrives whole, once, whoever writes and reads at the same time."""

import threading
from queue import Empty

import pytest
from kombu import Connection

from config import broker


@pytest.fixture
def channel(tmp_path):
    options = {name: str(tmp_path / name) for name in ("messages", "control")}
    folders = {"data_folder_in": options["messages"], "data_folder_out": options["messages"], "control_folder": options["control"]}
    (tmp_path / "messages").mkdir()
    with Connection("filesystem://", transport_options=folders) as connection:
        yield connection.default_channel


def test_the_transport_of_filesystem_urls_is_ours(channel):
    assert isinstance(channel, broker.Channel)


def test_every_message_is_taken_once_while_many_write_and_many_read(channel):
    taken, lock, done = [], threading.Lock(), threading.Event()

    def write(writer):
        for number in range(100):
            channel._put("bells", {"number": writer * 100 + number})

    def read():
        while True:
            try:
                message = channel._get("bells")
            except Empty:
                if done.is_set():
                    return
                continue
            with lock:
                taken.append(message["number"])

    writers = [threading.Thread(target=write, args=[writer]) for writer in range(4)]
    readers = [threading.Thread(target=read) for _ in range(4)]
    for thread in writers + readers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert sorted(taken) == list(range(400))


def test_a_torn_message_is_passed_over_and_the_next_is_read(channel, tmp_path):
    (tmp_path / "messages" / "0_torn.bells.msg").write_text('{"half')
    channel._put("bells", {"whole": True})
    assert channel._get("bells") == {"whole": True}
    with pytest.raises(Empty):
        channel._get("bells")


def test_queues_bound_at_once_are_all_in_the_table(channel):
    threads = [threading.Thread(target=channel._queue_bind, args=["bells", "", "", f"queue-{number}"]) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {row.queue for row in channel.get_table("bells")} == {f"queue-{number}" for number in range(20)}


def test_a_torn_table_begins_anew(channel, tmp_path):
    (tmp_path / "control").mkdir(exist_ok=True)
    (tmp_path / "control" / "bells.exchange").write_text("[[")
    assert channel.get_table("bells") == []
    channel._queue_bind("bells", "", "", "queue")
    assert [row.queue for row in channel.get_table("bells")] == ["queue"]
