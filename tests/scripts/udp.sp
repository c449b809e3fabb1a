# SPDX-License-Identifier: GPL-3.0-or-later
# UDP asks nobody before the first datagram; what it meets ends no session.
/listen udp 127.0.0.1 0 as server
/open udp 127.0.0.1 $server.port as a
/assert state is UDP
/assert message has "127.0.0.1:$server.port ready; UDP sends nothing until your first datagram"
/send hello
/send
/assert @server.recvs = 2 within 5s
/assert sendto.calls = 2
/send @server
/send @server back
/expect back
/assert recvs = 2
/assert peers = 1
/fails /shutdown write with "no FIN"
/fails /abort

# Plain lines go to who wrote last, or to the peer that was chosen.
/open udp 127.0.0.1 $server.port as b
/send from b
/expect @server "from b"
/assert @server.last.address is 127.0.0.1:$b.port
/send @server to b
/expect @b "to b"
/to @server 1
/send @b again
/expect @server again
/send @server to a
/expect @a "to a"
/fails /to @server 3

# Nobody receives any more: ICMP says so, and the session goes on until somebody does. The keeper hears itself
# alone; without it another program might get the port meanwhile.
/socket udp as keeper
/option reuseaddr on
/bind 127.0.0.1 0
/let port $keeper.port
/connect 127.0.0.1 $port
/open udp 127.0.0.1 $port as c
/send @c anybody?
/assert @c.icmp_errors = 1 within 5s
/assert @c.message is "127.0.0.1:$port: Connection refused: ICMP port unreachable (3/3) from 127.0.0.1 *"
/socket udp as next
/option reuseaddr on
/bind 127.0.0.1 $port
/resume
/send @c found
/expect @next found
/send @next yes
/expect @c yes
/close @next
/send @c still?
/assert @c.icmp_errors = 2 within 5s
/close @c
/reconnect @c
/assert @c.open is yes

/fails /open udp 127.255.255.255 9 with "not allowed (EACCES"

# A datagram that is cut: what the call returned, as the trace has it.
/socket udp as cut
/bind 127.0.0.1 0
/open udp 127.0.0.1 $cut.port as long
/send @long 0123456789
/recv @cut 4
/assert @cut.last.result = 10
/assert @cut.recv = 4

# The path of a socket that has a peer.
/assert @long.pmtu >= 1280
/assert @cut.pmtu is not available
