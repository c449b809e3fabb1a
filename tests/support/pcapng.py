# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of pcapng files that shares no code with the program: checks the structure of every block as
draft-ietf-opsawg-pcapng has it, and gives sections, interfaces, frames, names and statistics."""

import struct

MULTIPLE = {1}  # options that may be there more than once: comments


class Wrong(Exception):
    pass


def need(good, what):
    if not good:
        raise Wrong(what)


class Interface:
    def __init__(self, options):
        self.name, self.description = options[2].decode(), options[3].decode()
        self.resolution = 10 ** options[9][0] if 9 in options else 10 ** 6
        need(not (9 in options and options[9][0] & 0x80), "powers of two are not used here")
        self.statistics, self.frames = [], []


class Frame:
    """`time` in seconds, exact as an integer of nanoseconds in `stamp`."""

    def __init__(self, interface, stamp, data, length, options):
        self.interface, self.stamp, self.data, self.length = interface, stamp, data, length
        self.time = stamp / 1e9
        self.comments = [text.decode() for text in options.get(1, [])]
        flags, = struct.unpack(interface.order + "I", options[2])
        self.direction = {0: "", 1: "in", 2: "out"}[flags & 3]
        self.dropped = struct.unpack(interface.order + "Q", options[4])[0] if 4 in options else 0


class Section:
    def __init__(self, order, options):
        self.order = order
        self.hardware, self.os, self.application = (options.get(i, b"").decode() for i in (2, 3, 4))
        self.interfaces, self.frames, self.names = [], [], {}
        self.keys = []  # lines of key logs, each with the number of frames that come before it


def read_options(order, data):
    options, at, code = {}, 0, 0
    while at < len(data):
        code, length = struct.unpack_from(order + "HH", data, at)
        value = data[at + 4:at + 4 + length]
        need(len(value) == length, "an option longer than its block")
        at += 4 + length
        need(data[at:at + -length % 4] == bytes(-length % 4), "padding of an option is not zero")
        at += -length % 4
        if code == 0:
            need(length == 0 and at == len(data), "bytes after the end of options")
            break
        if code in MULTIPLE:
            options.setdefault(code, []).append(value)
        else:
            need(code not in options, "option %d twice" % code)
            options[code] = value
    need(not data or code == 0, "no end of options")
    return options


def read_names(order, data):
    names, at = {}, 0
    while True:
        code, length = struct.unpack_from(order + "HH", data, at)
        value = data[at + 4:at + 4 + length]
        at += 4 + length + -length % 4
        if code == 0:
            need(at == len(data), "bytes after the end of names")
            return names
        need(code in (1, 2) and value.endswith(b"\0"), "a record of an unknown kind")
        size = 4 if code == 1 else 16
        for name in value[size:-1].split(b"\0"):
            names.setdefault(name.decode(), []).append(value[:size])


def read_blocks(data):
    at, order = 0, None
    while at < len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}[data[at + 8:at + 12]]
        need(order, "no section header at the start")
        kind, length = struct.unpack_from(order + "II", data, at)
        need(length % 4 == 0 and length >= 12 and at + length <= len(data), "a block of %d bytes at %d" % (length, at))
        need(struct.unpack_from(order + "I", data, at + length - 4)[0] == length, "the two lengths of a block differ")
        yield order, kind, data[at + 8:at + length - 4]
        at += length


def read(path):
    """The sections of a file; raises Wrong where it is not as it should be."""
    with open(path, "rb") as file:
        data = file.read()
    sections = []
    for order, kind, body in read_blocks(data):
        section = sections[-1] if sections else None
        if kind == 0x0a0d0d0a:
            need(struct.unpack_from(order + "HHq", body, 4) == (1, 0, -1), "version and length of a section")
            sections.append(Section(order, read_options(order, body[16:])))
        elif kind == 1:
            link, zero, _ = struct.unpack_from(order + "HHI", body)
            need((link, zero) == (1, 0), "an interface that is not Ethernet")
            interface = Interface(read_options(order, body[8:]))
            interface.order = order
            section.interfaces.append(interface)
        elif kind == 4:
            for name, addresses in read_names(order, body).items():
                section.names.setdefault(name, []).extend(addresses)
        elif kind == 5:
            number, high, low = struct.unpack_from(order + "III", body)
            options = read_options(order, body[12:])
            section.interfaces[number].statistics.append({
                "comments": [text.decode() for text in options.get(1, [])],
                **{name: struct.unpack(order + "Q", options[code])[0] for code, name in ((4, "received"), (5, "dropped"))}})
        elif kind == 6:
            number, high, low, kept, length = struct.unpack_from(order + "IIIII", body)
            interface = section.interfaces[number]
            need(kept <= length, "more bytes than the frame has")
            end = 20 + kept
            need(body[end:end + -kept % 4] == bytes(-kept % 4), "padding of a frame is not zero")
            stamp = (high << 32 | low) * (10 ** 9 // interface.resolution)
            frame = Frame(interface, stamp, body[20:end], length, read_options(order, body[end + -kept % 4:]))
            section.frames.append(frame)
            interface.frames.append(frame)
        elif kind == 10:
            secrets, length = struct.unpack_from(order + "II", body)
            end = 8 + length
            need(secrets == 0x544c534b, "secrets of another kind: %#x" % secrets)
            need(body[end:] == bytes(-length % 4), "padding of secrets is not zero, or there are options")
            text = body[8:end].decode("ascii")
            need(text.endswith("\n"), "a key log without an end")
            section.keys += [(len(section.frames), line) for line in text.splitlines()]
        else:
            raise Wrong("a block of type %#x" % kind)
    return sections
