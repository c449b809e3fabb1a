# SPDX-License-Identifier: GPL-3.0-or-later
# Calls that the kernel refuses, and what is said of each.
/socket tcp as s
/fails /recv 5 with "recv(5) = -1 ENOTCONN: this socket has never been connected"
/assert recv.errno is ENOTCONN
/fails /accept with "accept() = -1 EINVAL: this socket does not listen: listen() comes first"
/fails /send hello with "send(5) = -1 EPIPE: this socket has never been connected"
/bind 0
/fails /bind 0 with "bind(127.0.0.1:0) = -1 EINVAL: "
/socket tcp
/fails /shutdown write with "shutdown() = -1 ENOTCONN: this socket has never been connected"
/fails /bind $s.port with "= -1 EADDRINUSE: "
/fails /bind 192.0.2.1 0 with "= -1 EADDRNOTAVAIL: not an address of this machine"
/backlog @s 5
/fails /connect @s 127.0.0.1 9 with "= -1 EISCONN: "
/fails /recv @s 5 with "recv(5) = -1 ENOTCONN: "
/fails /send @s x with "send(1) = -1 EPIPE: "
/assert @s.state is LISTEN

/socket udp as u
/fails /backlog 5 with "listen(5) = -1 EOPNOTSUPP: UDP has no connections to wait for"
/fails /accept with "accept() = -1 EOPNOTSUPP: UDP has no connections to accept"
/fails /send x with "sendto(1) = -1 EDESTADDRREQ: no destination: /connect gives this socket its peer, /to sends to an address"
/fails /urgent x

# Of a connection: it stays what it is.
/socket tcp as c
/fails /connect 127.0.0.1 1 with "connect(127.0.0.1:1) = -1 ECONNREFUSED: RST to our SYN: nobody listens there"
/assert state is CLOSED
/fails /connect 127.0.0.1 with "no port"
/connect 127.0.0.1 $s.port
/accept @s as child
/fails /connect @c 127.0.0.1 $s.port with "= -1 EISCONN: this socket is connected already"
/fails /backlog @c 5 with "listen(5) = -1 EINVAL: "
/fails /accept @c with "accept() = -1 EINVAL: "
/fails /bind @child 0 with "= -1 EINVAL"
/assert @c.state is ESTABLISHED
/fails /recv @child 1 urgent with "recv(1, MSG_OOB) = -1 EINVAL: there is no urgent byte, or SO_OOBINLINE has put it into the stream"
/open 127.0.0.1 $s.port as whole
/fails /connect 127.0.0.1 $s.port with "/pause first: "
/fails /recv 10 with "/pause first: session 6 reads by itself"
/fails /resume with "is not paused"
/pause
/fails /connect 127.0.0.1 $s.port with "EISCONN"
/fails /pause
/assert peer_port = $s.port
/close
/fails /recv with "session 6 is closed"
