# SPDX-License-Identifier: GPL-3.0-or-later
# What /assert knows of sessions and calls, and $NAME in a text.
/fails /assert state is CLOSED with "no session: /open HOST PORT makes one"
/listen 127.0.0.1 0 echo as s
/open 127.0.0.1 $s.port as c
/send $c.state ${c.peer} $c.rcvbuf.
/expect /^ESTABLISHED 127\.0\.0\.1:$s.port [0-9]+\./
/assert @c.rcvbuf = $c.rcvbuf
/assert @c.peer_port = $s.port
/try /expect never within 20ms
/send there
/expect there
# Sizes.
/open 127.0.0.1 $s.port as sized
/fill 1.5Ki
/assert recv = 1.5KiB within 5s
/assert recv = 1.536k
/assert recv >= 1k
/assert recv < 2KB
/assert recv < 1.6kB
/assert recv != 1500
/assert recv == 1536
# Calls that fail: why is known of a session that did not open, too.
/fails /open 127.0.0.1 1 as x with "refused"
/assert last.errno is ECONNREFUSED
/assert last.call is connect
/assert @x.connect.errno is econnrefused
/assert last.result = -1
/socket tcp as y
/assert @y.peer is not available
/assert @y.rcvbuf is available
/fails /connect 127.0.0.1 1
/assert last.errno is ECONNREFUSED
/assert last.address is 127.0.0.1:1
# What is not so, and what is not known, which is no value, nor another one.
/fails /assert @y.state is ESTABLISHED with /^expected @y\.state is ESTABLISHED, got CLOSED \*$/
/fails /assert @y.state is ESTABLISHED within 50ms with "expected @y.state is ESTABLISHED, got CLOSED"
/fails /assert @y.peer is 127.0.0.1:1 with "expected @y.peer is 127.0.0.1:1: it is not available"
/fails /assert @y.peer is not 127.0.0.1:1
/set kernel off
/socket tcp as blind
/fails /assert @blind.rcvbuf > 0
/set kernel on
# It may become true.
/listen 127.0.0.1 0 hello as h
/open 127.0.0.1 $h.port as greeted
/assert @greeted.state is CLOSE_WAIT within 5s
/assert @greeted.fin is yes within 5s

# Sessions that failed to open are still asked for, also after others have failed.
/try /open 127.0.0.1 1 as first
/try /open unix:@nobody-listens-here as second
/try /open 127.0.0.1 2 as third
/assert @first.connect.errno is ECONNREFUSED
/assert @first.connect.address is 127.0.0.1:1
/assert @second.transport is unix
/assert @third.connect.address is 127.0.0.1:2
