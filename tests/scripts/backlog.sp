# SPDX-License-Identifier: GPL-3.0-or-later
# Of a backlog of 1 two may wait: Linux adds one. The SYN of a third is dropped until /accept takes one.
/socket tcp as l
/bind 127.0.0.1 0
/backlog 1
/open 127.0.0.1 $l.port as one
/open 127.0.0.1 $l.port as two
/assert @l.queue = 2 within 5s
/assert @l.backlog = 1
/open 127.0.0.1 $l.port as three &
/assert @three.state is SYN_SENT within 5s
/accept @l as first
/wait @three open within 10s
/assert @three.total_retrans > 0
/assert @first.peer_port = $one.port
/assert @l.queue = 2 within 5s
/accept @l as second
/accept @l as third
/assert @third.peer_port = $three.port
/assert @l.queue = 0 within 5s
