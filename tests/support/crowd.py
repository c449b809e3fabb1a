# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand peers of a UDP server, in one process: many have one port and differ in their address alone."""

import random
import resource
import select
import socket
import time

from tap import DEADLINE

PEERS = 1000
ADDRESSES = 250  # 127.0.1.1 and so on, each with the same ports
AT_ONCE = 100    # fit into a receive buffer


def make_peers():
    """Four ports, which are free on every address of loopback, each on so many addresses."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    while True:
        peers = []
        try:
            for number in range(PEERS):
                peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                peers.append(peer)
                address = "127.0.%d.%d" % (1 + number % ADDRESSES // 200, 1 + number % ADDRESSES % 200)
                if number % ADDRESSES == 0:
                    peer.bind((address, 0))
                    port = peer.getsockname()[1]
                else:
                    peer.bind((address, port))
                peer.setblocking(False)
            return peers
        except OSError:
            for peer in peers:
                peer.close()


def take(peer):
    """What has come to this peer, as (bytes, sender)."""
    came = []
    while True:
        try:
            came.append(peer.recvfrom(2048))
        except BlockingIOError:
            return came


def watch(peers):
    """For gather(), where the same peers are waited for many times."""
    watched = select.epoll()
    for peer in peers:
        watched.register(peer.fileno(), select.EPOLLIN)
    return watched, {peer.fileno(): peer for peer in peers}


def gather(watched, count, again=None):
    """Waits until so many datagrams have come to these peers together, by peer: all that have come by then. Three seconds of
    silence are too long for one that is on its way: then again(peer) is called for those that have none."""
    poll, by_fd = watched
    came = {peer: [] for peer in by_fd.values()}
    end = time.monotonic() + DEADLINE
    while count > 0 and time.monotonic() < end:
        ready = poll.poll(3, len(by_fd))
        for fd, _ in ready:
            came[by_fd[fd]].append(by_fd[fd].recvfrom(2048))
        count -= len(ready)
        if not ready and again:
            for peer in [peer for peer in came if not came[peer]]:
                again(peer)
    for fd, _ in poll.poll(0, len(by_fd)):
        came[by_fd[fd]] += take(by_fd[fd])
    return came


def name_of(peer):
    return b"%s:%d" % (peer.getsockname()[0].encode(), peer.getsockname()[1])


def ask_in_turn(peers, server, rounds, ask=lambda turn, peer: b"turn %d of %s" % (turn, name_of(peer)), answer=lambda asked: asked):
    """Each asks several times, in an order that changes, while the answers to others are on the way. Returns the peers
    that did not get their own answer, from there, once; and what they got. A kernel that is short of memory or time drops a
    datagram now and then: a few may ask again, and then have two answers."""
    wrong, order, repeated = [], list(range(len(peers))), []

    def repeat(peer):
        repeated.append(peer)
        peer.sendto(asked[peer], server)

    shuffle = random.Random(11).shuffle
    for turn in range(rounds):
        shuffle(order)
        for first in range(0, len(order), AT_ONCE):
            asked = {}
            for i in order[first:first + AT_ONCE]:
                asked[peers[i]] = ask(turn, peers[i])
                peers[i].sendto(asked[peers[i]], server)
            for peer, came in gather(watch(asked), len(asked), repeat).items():
                if came != [(answer(asked[peer]), server)] * (1 if peer not in repeated else len(came) or 1):
                    wrong.append((name_of(peer), came))
        wrong += [(name_of(peer), came) for peer, came in ((peer, take(peer)) for peer in peers) if came and peer not in repeated]
    if len(repeated) > len(peers) // 100:
        wrong.append("%d asked again" % len(repeated))
    return wrong
