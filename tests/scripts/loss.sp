# SPDX-License-Identifier: GPL-3.0-or-later
# What the cable loses is sent again, as the kernel counts.
/skip unless sandbox
/sandbox on
/listen right 7 echo
/cable loss SYN
/open right 7 as c
/assert connect.took >= 1
/assert connect.took < 30
/assert total_retrans = 1
/cable loss data 1
hello
/expect "hello\n" within 5s
/assert @c.total_retrans >= 2
# Given twice before the first has hit, in two commands: two are lost.
/cable loss data
/cable loss data
again
/expect "again\n" within 10s
/assert @c.total_retrans >= 4
