# SPDX-License-Identifier: GPL-3.0-or-later
# The ends of a connection as the program meets them by itself; the peer p_NAME makes its calls by hand.
/socket tcp as l
/bind 0
/backlog
/loop case in fin first reading both reset abort
  /open 127.0.0.1 $l.port as $case
  /accept @l as p_$case
/end

/shutdown @p_fin write
/assert @fin.message is "peer closed its side (FIN): recv() = 0" within 5s
/assert @fin.state is CLOSE_WAIT
/send @fin still
/recv @p_fin
/expect @p_fin still
/shutdown @fin write
/assert @fin.message is closed
/recv @p_fin
/assert @p_fin.fin is yes

/shutdown @first write
/assert @first.state is FIN_WAIT2 within 5s
/fails /send @first x with "FIN"
/fails /shutdown @first write
/send @p_first late
/expect @first late
/close @p_first
/wait @first closed
/assert @first.timer is time_wait
/assert @first.timer_left > 50

/shutdown @reading read
/fails /shutdown @reading read
/send @p_reading unread
/assert @p_reading.state is ESTABLISHED
/assert @reading.recv.calls = 0
/shutdown @both both
/assert @both.open is no
/recv @p_both
/assert @p_both.fin is yes

/send @p_reset precious
/abort @p_reset
/expect @reset precious
/wait @reset closed
/assert @reset.message is "connection reset by peer (RST): recv() = -1 ECONNRESET"
/fails /reconnect @p_reset
/abort @abort
/fails /recv @p_abort with "ECONNRESET"

# A listener that closes resets the clients that wait in its queue.
/open 127.0.0.1 $l.port as queued
/close @l
/assert @queued.recv.errno is ECONNRESET within 5s
