# SPDX-License-Identifier: GPL-3.0-or-later
# /wait readable by hand: a client, its bytes, the rest of them, its end. And quiet.
/socket tcp as s
/bind 127.0.0.1 0
/backlog 5
/open 127.0.0.1 $s.port as c
/wait @s readable
/accept @s as a
/send @c hello
/wait @a readable
/assert @a.inq = 5
/recv @a 3
/wait @a readable
/recv @a
/expect @a hello
/shutdown @c write
/wait @a readable
/recv @a
/assert last.result = 0
/listen 127.0.0.1 0 echo as e
/open 127.0.0.1 $e.port as d
/send x
/assert recv = 1 within 5s
/wait quiet within 5s
/assert recv = 1
/wait quiet for 20ms
/close
/wait closed
/fails /wait @c readable
/open 127.0.0.1 $e.port as f
/wait quiet within 5s
/assert took >= 200ms
/fails /wait quiet for 1h within 50ms with "is not quiet for 1 h 0 min within 50.0 ms"
/fails /wait readable within 50ms with "is not readable within 50.0 ms"
/fails /wait @e readable with "accepts by itself, so no client waits"
/fails /accept @f with "is no listener: it has no clients to accept"
/fails /recv @e with "is a listener: it reads nothing, its clients do"
/fails /accept @e with "accepts by itself"
/fails /recv @f with "reads by itself"

# A close() that lingers is waited for: nobody takes what was sent.
/socket tcp as deaf
/option rcvbuf 2000
/bind 127.0.0.1 0
/backlog 1
/open deaf as g
/option linger 1
/option sndbuf 4000
/fill 20000
/close
/fails /wait @g closed within 50ms with "close() has not returned"
/wait @g closed within 10s
/assert @g.close.took >= 900ms
