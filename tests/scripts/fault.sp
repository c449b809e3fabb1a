# SPDX-License-Identifier: GPL-3.0-or-later
# Faults as a lesson uses them: of a relay between a client and its server, and of datagrams.
/listen 127.0.0.1 0 echo as target
/relay 127.0.0.1:0 127.0.0.1:$target.port as tap
/fault @tap out cut 5
/open 127.0.0.1 $tap.port as client
/send 1234567890
/expect "12345"
/wait closed
/assert recv = 5

/fault @tap off refuse
/assert @tap.state is CLOSED
/fault @tap off
/assert @tap.state is LISTEN
/open 127.0.0.1 $tap.port as second
/send 1234567890
/expect "1234567890"
/fault out stall
/send on
/assert unsent = 2
/assert held_up_by is "a fault"
/fault off
/expect "on"
/assert held_up_by != "a fault"

/listen udp 127.0.0.1 0 echo as datagrams
/fault @datagrams in loss 2 out duplicate 2
/open udp 127.0.0.1 $datagrams.port as peer
/send one
/expect "one"
/send two
/send three
/expect "three"
/expect "three"
/assert recv = 13
/assert @datagrams.recv = 11 within 5s
