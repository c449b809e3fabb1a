# SPDX-License-Identifier: GPL-3.0-or-later
# /repeat: a line that is data, a command, a repeat of a repeat, many; then the script goes on.
/listen 127.0.0.1 0 echo as server
/open 127.0.0.1 $server.port as c
/repeat 3 0 ping
end
/expect "ping\nping\nping\nend\n"
/repeat 2 1ms /send a\0b
/expect a\0ba\0b
/repeat 2 0 /repeat 3 0 x
/expect "x\nx\nx\nx\nx\nx\n"
/assert sent = 37
/assert recv = 37
/repeat 5 50ms t
/expect "t\nt\nt\nt\nt\n"
/open 127.0.0.1 $server.port as many
/repeat 100000 0 x
/assert recv = 200000 within 20s
/listen udp 127.0.0.1 0 echo as datagrams
/open udp 127.0.0.1 $datagrams.port as u
/repeat 3 0 one
/expect /^one$/
/expect /^one$/
/expect /^one$/
/assert sends = 3
/open 127.0.0.1 $server.port as both
/repeat 3 100ms /send a &
/repeat 3 100ms /send b
/close
