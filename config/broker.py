"""Celery's filesystem transport, made safe for many processes.

kombu's own writes a message and its table of queues in place, so that a reader can meet half of either and die of it, and it
moves messages through the machine's shared temporary folder. Here a file appears whole or not at all.
"""

import logging
import os
import uuid
from queue import Empty

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)


def write_whole(path, text):
    """Write a file so that a reader sees all of it or nothing; a crash leaves at most a hidden `.tmp` file."""
    beside = os.path.join(os.path.dirname(path), f".{uuid.uuid4().hex}.tmp")
    with open(beside, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(beside, path)


class Channel(filesystem.Channel):
    def get_table(self, exchange):
        try:
            return [filesystem.exchange_queue_t(*row) for row in loads(self._exchange_file(exchange).read_text())]
        except FileNotFoundError:
            return []
        except ValueError:
            log.warning("the table of exchange %s was unreadable and begins anew", exchange)
            return []

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self.control_folder.mkdir(parents=True, exist_ok=True)
        with open(self.control_folder / ".lock", "w") as guard:
            filesystem.lock(guard, filesystem.LOCK_EX)
            table = self.get_table(exchange)
            if row not in table:
                write_whole(str(self._exchange_file(exchange)), dumps([row, *table]))

    def _put(self, queue, payload, **kwargs):
        name = f"{round(filesystem.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        try:
            write_whole(os.path.join(self.data_folder_out, name), dumps(payload))
        except OSError as error:
            raise ChannelError(f"The message {name} cannot be written: {error.strerror}") from error

    def _get(self, queue):
        for name in sorted(os.listdir(self.data_folder_in)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            path, taken = os.path.join(self.data_folder_in, name), os.path.join(self.data_folder_in, f".{name}.taken")
            try:
                os.rename(path, taken)  # whoever renames it has it
            except FileNotFoundError:
                continue
            try:
                with open(taken, encoding="utf-8") as file:
                    return loads(file.read())
            except ValueError:
                log.warning("the message %s was unreadable; what it rang for waits in its table", name)
            finally:
                os.unlink(taken)
        raise Empty()


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES["filesystem"] = "config.broker:Transport"
