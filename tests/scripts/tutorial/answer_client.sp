# SPDX-License-Identifier: GPL-3.0-or-later
# Against the tutorials' server that answers once and has no line end; then it has gone.
/open 127.0.0.1 $port as client
hi there
/expect /^Hello, i'm server!$/
/assert fin is yes within 5s
/close
/fails /reconnect
/assert last.errno is ECONNREFUSED
