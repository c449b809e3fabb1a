# SPDX-License-Identifier: GPL-3.0-or-later
# The ends of a connection: FIN by FIN, a reset, a listener that closes with a client in its queue.
/set expect-time 5s
/socket tcp as l
/bind 127.0.0.1 0
/backlog 2
/open 127.0.0.1 $l.port as c
/accept @l as s
/send @c last words
/shutdown @c write
/assert @c.state is FIN_WAIT2 within 5s
/assert @s.state is CLOSE_WAIT
/recv @s
/expect @s "last words"
/recv @s
/assert @s.last.result = 0
/assert @s.fin is yes
/send @s still here
/expect @c "still here"
/close @s
/assert @c.state is TIME_WAIT within 5s
/assert @c.timer_left > 50
/wait @c closed

/open 127.0.0.1 $l.port as reset
/accept @l as resets
/abort @resets
/assert @reset.recv.errno is ECONNRESET within 5s
/wait @reset closed
/try /reconnect @resets

/socket tcp as hand
/connect 127.0.0.1 $l.port
/accept @l as other
/abort @other
/try /recv @hand
/assert @hand.last.errno is ECONNRESET
/recv @hand
/assert @hand.last.result = 0
/try /connect @hand 127.0.0.1 $l.port
/assert @hand.last.errno is EISCONN
/close @hand

/open 127.0.0.1 $l.port as queued
/close @l
/assert @queued.recv.errno is ECONNRESET within 5s
