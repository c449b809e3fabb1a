# SPDX-License-Identifier: GPL-3.0-or-later
# Datagrams call by call: with and without a peer.
/socket udp as u
/bind 0
/open udp 127.0.0.1 $u.port as peer

# Without connect() sendto() has the address, and the kernel chooses the port.
/socket udp as free
/to 127.0.0.1:$u.port ask
/assert connect.calls = 0
/assert message has ": without bind() the kernel chose the port"
/recv @u
/expect @u ask
/to @u 127.0.0.1:$free.port told
/recv @free
/expect told from free
/assert @free.last.address is 127.0.0.1:$u.port

# connect() gives it one peer, and then another one; /disconnect none, and the port that was named stays.
/connect @free 127.0.0.1 $u.port
/assert @free.peer_port = $u.port
/disconnect @free
/assert @free.peer is not available
/assert @free.message has "it has no peer any more"
/assert @free.message has "its port is gone"
/fails /send @free nowhere with "EDESTADDRREQ"
/socket udp as named
/option reuseaddr on
/bind 0
/let port $named.port
/socket udp as again
/option reuseaddr on
/bind $port
/close @named
/connect 127.0.0.1 $u.port
/disconnect
/assert port = $port
/disconnect
/assert message has "it was not connected"
/fails /disconnect @peer with "/pause first: "
/pause @peer
/disconnect @peer
/assert @peer.peer is not available

# Nobody receives there: the second call meets what ICMP says of the first, once.
/close @peer
/socket udp as to
/connect 127.0.0.1 1
/send one
/assert icmp_errors = 0
/fails /recv 9 with "recvfrom(9) = -1 ECONNREFUSED: ICMP port unreachable: nobody receives there"
/send two
/wait readable
/fails /send three with "(ICMP port unreachable to an earlier datagram): connection refused"
/assert icmp_errors = 2
/assert sendto.calls = 3
/connect 127.0.0.1 $u.port
/send moved
/recv @u
/expect @u moved
/resume @u
/socket udp as last
/to 127.0.0.1:$u.port hi
/expect @u hi
