// SPDX-License-Identifier: GPL-3.0-or-later
/* Each row is a trace as one host sees it, a segment a line:
 *
 *	> SA 300 ack 101 win 1000 | SYN,ACK copy 1
 *
 * is one that leaves (< arrives) with these flags, sequence and acknowledgement number, window, and
 * then what is expected: its name, and of seq, ack, offset, window, number, copy, duplicate those
 * that are given, and "gap", "full", "based" (numbers relative to the SYN), "unscaled" if so. +10 is
 * 10 bytes of data; more words are scale, ts, id, sack 5-9, damaged 1; the window stays that of the last
 * one of its direction. */
#include "socket/segment.h"

#include <netinet/in.h>

#include "support/tap.h"

enum place { AT_AN_END, ON_LOOPBACK, TO_ITSELF };

#define SYNS                                                                                       \
	"> S 99 | SYN\n"                                                                           \
	"< SA 299 ack 100 | SYN,ACK\n"                                                             \
	"> A 100 ack 300 | ACK\n"

static const struct {
	const char *name;
	enum place place;
	const char *trace;
} traces[] = {
	{ "the handshake, data, half close, end", AT_AN_END,
	  "> S 99 | SYN seq 0 copy 1 based\n"
	  "< SA 299 ack 100 | SYN,ACK seq 0 ack 1 copy 1 based\n"
	  "> A 100 ack 300 | ACK seq 1 ack 1 copy 0 number 0\n"
	  "> AP 100+5 ack 300 | data seq 1 offset 0 number 1 copy 1\n"
	  "< A 300 ack 105 | ACK seq 1 ack 6\n"
	  "> AP 105+5 ack 300 | data seq 6 offset 5 number 2\n"
	  "< AP 300+3 ack 110 | data seq 1 ack 11 number 1\n"
	  "> A 110 ack 303 | ACK\n"
	  "> FA 110 ack 303 | FIN seq 11 copy 1\n"
	  "< A 303 ack 111 | ACK\n"
	  "< FA 303 ack 111 | FIN\n"
	  "> A 111 ack 304 | ACK" },
	{ "nobody listens", AT_AN_END,
	  "> S 99 | SYN\n"
	  "< RA 0 ack 100 | RST seq 0 ack 1" },
	{ "no answer to SYN", AT_AN_END,
	  "> S 99 | SYN copy 1\n"
	  "> S 99 | SYN again copy 2\n"
	  "> S 99 | SYN again copy 3\n"
	  "< SA 299 ack 100 | SYN,ACK\n"
	  "> A 100 ack 300 | ACK" },
	{ "a full accept queue: the listener's host does not take the last ACK", AT_AN_END,
	  "< S 99 | SYN\n"
	  "> SA 299 ack 100 | SYN,ACK copy 1\n"
	  "< A 100 ack 300 | ACK\n"
	  "> SA 299 ack 100 | SYN,ACK again copy 2\n"
	  "< A 100 ack 300 | ACK again\n"
	  "> SA 299 ack 100 | SYN,ACK again copy 3\n"
	  "< A 100 ack 300 | ACK again" },
	{ "SYN,ACK was lost", AT_AN_END,
	  "< S 99 | SYN\n"
	  "> SA 299 ack 100 | SYN,ACK\n"
	  "< S 99 | SYN again copy 2\n"
	  "> SA 299 ack 100 | SYN,ACK again copy 2\n"
	  "< A 100 ack 300 | ACK" },
	{ "a new SYN begins another connection", AT_AN_END,
	  SYNS "> AP 100+5 ack 300 | data number 1\n"
	       "< RA 300 ack 105 | RST\n"
	       "> S 5000 | SYN seq 0 copy 1\n"
	       "< SA 7000 ack 5001 | SYN,ACK seq 0 ack 1 copy 1\n"
	       "> A 5001 ack 7001 | ACK ack 1\n"
	       "> AP 5001+5 ack 7001 | data offset 0 number 1 copy 1" },
	{ "another attempt from the same port", AT_AN_END,
	  "> S 99 | SYN\n"
	  "< RA 0 ack 100 | RST\n"
	  "> S 200 | SYN copy 1\n"
	  "< RA 0 ack 201 | RST ack 1" },
	{ "the other end opens after an RST: not simultaneous", AT_AN_END,
	  "> S 99 | SYN\n"
	  "< RA 0 ack 100 | RST\n"
	  "< S 500 | SYN\n"
	  "> SA 600 ack 501 | SYN,ACK ack 1\n"
	  "< A 501 ack 601 | ACK ack 1" },
	{ "simultaneous open", AT_AN_END,
	  "> S 99 | SYN\n"
	  "< S 299 | SYN\n"
	  "> SA 99 ack 300 | SYN,ACK seq 0 ack 1 copy 1\n"
	  "< SA 299 ack 100 | SYN,ACK seq 0 ack 1 copy 1\n"
	  "> A 100 ack 300 | ACK\n"
	  "< AP 300+4 ack 100 | data offset 0" },
	{ "simultaneous open, its SYN,ACK lost", AT_AN_END,
	  "> S 99 | SYN\n"
	  "< S 299 | SYN\n"
	  "> SA 99 ack 300 | SYN,ACK\n"
	  "> SA 99 ack 300 | SYN,ACK again copy 2\n"
	  "< SA 299 ack 100 | SYN,ACK" },
	{ "a connection to itself", TO_ITSELF,
	  "> S 99 | SYN\n"
	  "> SA 99 ack 100 | SYN,ACK ack 1\n"
	  "> AP 100+5 ack 100 | data offset 0 copy 1\n"
	  "> A 105 ack 105 | ACK ack 6\n"
	  "> AP 105+5 ack 105 | data offset 5 copy 1\n"
	  "> A 110 ack 110 | ACK\n"
	  "> FA 110 ack 110 | FIN\n"
	  "> A 111 ack 111 | ACK" },
	{ "Fast Open: data in the SYN", AT_AN_END,
	  "> S 99+3 | SYN seq 0 offset 0 number 1 copy 1\n"
	  "< SA 299 ack 103 | SYN,ACK ack 4\n"
	  "> A 103 ack 300 | ACK\n"
	  "> AP 103+2 ack 300 | data offset 3 number 2 copy 1" },
	{ "Fast Open: the data in the SYN was not taken", AT_AN_END,
	  "> S 99+3 | SYN number 1\n"
	  "< SA 299 ack 100 | SYN,ACK ack 1\n"
	  "> AP 100+3 ack 300 | retransmission offset 0 copy 2 number 2\n"
	  "< A 300 ack 103 | ACK" },
	{ "Fast Open: SYN again without its data", AT_AN_END,
	  "> S 99+3 | SYN\n"
	  "> S 99 | SYN again copy 2\n"
	  "< SA 299 ack 100 | SYN,ACK\n"
	  "> AP 100+3 ack 300 | retransmission copy 2" },
	{ "a lost segment is sent again after a timeout", AT_AN_END,
	  SYNS "> AP 100+10 ack 300 | data copy 1\n"
	       "> AP 100+10 ack 300 | retransmission copy 2 number 2\n"
	       "> AP 100+10 ack 300 | retransmission copy 3 number 3\n"
	       "> AP 100+10 ack 300 | retransmission copy 4\n"
	       "< A 300 ack 110 | ACK ack 11\n"
	       "> AP 110+10 ack 300 | data copy 1 number 5" },
	{ "everything is sent again, in other pieces", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "> A 120+10 ack 300 | data\n"
	       "> A 100+10 ack 300 | retransmission copy 2\n"
	       "> A 110+20 ack 300 | retransmission copy 2\n"
	       "> A 100+10 ack 300 | retransmission copy 3\n"
	       "> A 100+20 ack 300 | retransmission copy 4\n"
	       "> A 120+15 ack 300 | retransmission copy 3\n"
	       "> A 135+5 ack 300 | data copy 1" },
	{ "fast retransmission", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "> A 120+10 ack 300 | data\n"
	       "> A 130+10 ack 300 | data\n"
	       "> A 140+10 ack 300 | data\n"
	       "< A 300 ack 110 | ACK duplicate 0\n"
	       "< A 300 ack 110 sack 120-130 | duplicate ACK duplicate 1\n"
	       "< A 300 ack 110 sack 120-140 | duplicate ACK duplicate 2\n"
	       "< A 300 ack 110 sack 120-150 | duplicate ACK duplicate 3\n"
	       "> A 110+10 ack 300 | fast retransmission copy 2\n"
	       "< A 300 ack 150 | ACK" },
	{ "a second one of the same loss is no fast one", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "< A 300 ack 100 | duplicate ACK\n"
	       "< A 300 ack 100 | duplicate ACK\n"
	       "< A 300 ack 100 | duplicate ACK\n"
	       "> A 100+10 ack 300 | fast retransmission\n"
	       "< A 300 ack 100 | duplicate ACK duplicate 4\n"
	       "> A 100+10 ack 300 | retransmission copy 3" },
	{ "two duplicate ACKs are too few", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "< A 300 ack 100 | duplicate ACK duplicate 1\n"
	       "< A 300 ack 100 | duplicate ACK duplicate 2\n"
	       "> A 100+10 ack 300 | retransmission copy 2" },
	{ "another segment than the missing one is no fast retransmission", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "< A 300 ack 100 | duplicate ACK\n"
	       "< A 300 ack 100 | duplicate ACK\n"
	       "< A 300 ack 100 | duplicate ACK\n"
	       "> A 110+10 ack 300 | retransmission" },
	{ "data ends a row of duplicate ACKs only if it acknowledges more", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "< A 300 ack 100 | duplicate ACK duplicate 1\n"
	       "< A 300+5 ack 100 | data duplicate 0\n"
	       "< A 305 ack 100 | duplicate ACK duplicate 2\n"
	       "< A 305 ack 110 | ACK\n"
	       "< A 305 ack 110 | duplicate ACK duplicate 1" },
	{ "a spurious retransmission", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 | ACK\n"
	       "> A 100+10 ack 300 | spurious retransmission copy 2\n"
	       "< A 300 ack 110 sack 100-110 | ACK again" },
	{ "what arrives above a gap", AT_AN_END,
	  SYNS "< A 300+10 ack 100 | data gap 0\n"
	       "> A 100 ack 310 | ACK\n"
	       "< A 320+10 ack 100 | data out of order gap 1\n"
	       "> A 100 ack 310 sack 320-330 | duplicate ACK duplicate 1\n"
	       "< A 330+10 ack 100 | data out of order gap 1\n"
	       "> A 100 ack 310 sack 320-340 | duplicate ACK duplicate 2\n"
	       "< A 310+10 ack 100 | data that fills a gap copy 1\n"
	       "> A 100 ack 340 | ACK\n"
	       "< A 340+10 ack 100 | data gap 0 number 5" },
	{ "a gap filled by what was sent later: sent again", AT_AN_END,
	  SYNS "< A 300+10 ack 100 ts 10 | data\n"
	       "< A 320+10 ack 100 ts 12 | data out of order\n"
	       "< A 310+10 ack 100 ts 15 | retransmission copy 1" },
	{ "a gap filled by what was sent before: overtaken", AT_AN_END,
	  SYNS "< A 300+10 ack 100 ts 10 | data\n"
	       "< A 320+10 ack 100 ts 12 | data out of order\n"
	       "< A 310+10 ack 100 ts 11 | data overtaken on the way copy 1" },
	{ "a gap filled in the same tick: not known", AT_AN_END,
	  SYNS "< A 320+10 ack 100 ts 12 | data out of order\n"
	       "< A 300+20 ack 100 ts 12 | data that fills a gap" },
	{ "what had come, without any proof", AT_AN_END,
	  SYNS "< A 300+10 ack 100 | data\n"
	       "< A 300+10 ack 100 | data received again copy 2\n"
	       "< A 310+10 ack 100 | data copy 1" },
	{ "what had come, with the same number of IP: duplicated on the way", AT_AN_END,
	  SYNS "< A 300+10 ack 100 ts 5 id 77 | data\n"
	       "< A 300+10 ack 100 ts 5 id 77 | data duplicated on the way copy 2" },
	{ "what had come, with a newer timestamp: sent again", AT_AN_END,
	  SYNS "< A 300+10 ack 100 ts 5 id 77 | data\n"
	       "> A 100 ack 310 | ACK\n"
	       "< A 300+10 ack 100 ts 210 id 78 | spurious retransmission copy 2\n"
	       "> A 100 ack 310 | ACK again\n"
	       "< A 300+10 ack 100 ts 610 id 79 | spurious retransmission copy 3" },
	{ "sent again before it could be acknowledged", AT_AN_END,
	  SYNS "< A 300+10 ack 100 ts 5 | data\n"
	       "< A 300+10 ack 100 ts 210 | retransmission copy 2" },
	{ "timestamps that wrap around", AT_AN_END,
	  SYNS "< A 300+10 ack 100 ts 4294967290 | data\n"
	       "< A 320+10 ack 100 ts 4294967295 | data out of order\n"
	       "< A 310+10 ack 100 ts 3 | retransmission" },
	{ "an ACK that was overtaken", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "< A 300 ack 120 | ACK\n"
	       "< A 300 ack 110 | old ACK ack 11\n"
	       "> A 120+10 ack 300 | data" },
	{ "keepalive as Linux sends it", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 | ACK\n"
	       "> A 109 ack 300 | keepalive seq 10 copy 0\n"
	       "< A 300 ack 110 | keepalive ACK\n"
	       "> A 109 ack 300 | keepalive\n"
	       "> A 109 ack 300 | keepalive\n"
	       "< A 300 ack 110 | keepalive ACK\n"
	       "> A 110+10 ack 300 | data copy 1" },
	{ "keepalive before any data", AT_AN_END,
	  SYNS "> A 99 ack 300 | keepalive seq 0\n"
	       "< A 300 ack 100 | keepalive ACK\n"
	       "< A 299 ack 100 | keepalive\n"
	       "> A 100 ack 300 | keepalive ACK" },
	{ "keepalive with a byte", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 | ACK\n"
	       "> A 109+1 ack 300 | keepalive copy 0\n"
	       "< A 300 ack 110 | keepalive ACK" },
	{ "keepalives that cross", AT_AN_END,
	  SYNS "> A 99 ack 300 | keepalive\n"
	       "< A 299 ack 100 | keepalive\n"
	       "> A 100 ack 300 | keepalive ACK\n"
	       "< A 300 ack 100 | keepalive ACK" },
	{ "one byte sent again is no keepalive", AT_AN_END,
	  SYNS "> A 100+1 ack 300 | data\n"
	       "> A 100+1 ack 300 | retransmission copy 2" },
	{ "one byte that comes again may be either", AT_AN_END,
	  SYNS "< A 300+1 ack 100 | data\n"
	       "> A 100 ack 301 | ACK\n"
	       "< A 300+1 ack 100 | data received again copy 2\n"
	       "< A 300 ack 100 | ACK again" },
	{ "after one byte a newer timestamp tells a keepalive", AT_AN_END,
	  SYNS "< A 300+1 ack 100 ts 5 | data\n"
	       "> A 100 ack 301 | ACK\n"
	       "< A 300 ack 100 ts 1005 | keepalive\n"
	       "> A 100 ack 301 | keepalive ACK" },
	{ "window probes of Linux", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 win 0 | zero window window 0\n"
	       "> A 109 ack 300 | window probe copy 0\n"
	       "< A 300 ack 110 win 0 | window probe ACK\n"
	       "> A 109 ack 300 | window probe\n"
	       "< A 300 ack 110 win 0 | window probe ACK\n"
	       "< A 300 ack 110 win 500 | window update window 500\n"
	       "> A 110+10 ack 300 | data copy 1" },
	{ "a window probe that finds the window open", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 win 0 | zero window\n"
	       "> A 109 ack 300 | window probe\n"
	       "< A 300 ack 110 win 700 | window update" },
	{ "window probes with the next byte", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 win 0 | zero window\n"
	       "> A 110+1 ack 300 | window probe copy 1\n"
	       "< A 300 ack 110 win 0 | window probe ACK\n"
	       "> A 110+1 ack 300 | retransmission copy 2" },
	{ "a window that opens a little takes data", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 win 0 | zero window\n"
	       "< A 300 ack 110 win 5 | window update\n"
	       "> A 110+5 ack 300 | data full\n"
	       "< A 300 ack 115 win 0 | zero window\n"
	       "> A 114 ack 300 | window probe" },
	{ "data that fills the window", AT_AN_END,
	  "> S 99 win 900 | SYN\n"
	  "< SA 299 ack 100 win 30 | SYN,ACK window 30\n"
	  "> A 100 ack 300 | ACK\n"
	  "> A 100+10 ack 300 | data full 0\n"
	  "> A 110+20 ack 300 | data full 1\n"
	  "< A 300 ack 110 win 20 | ACK\n"
	  "< A 300 ack 130 win 0 | zero window" },
	{ "a window that is taken back", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 110 win 600 | ACK\n"
	       "< A 300 ack 110 win 400 | ACK window 400\n"
	       "< A 300 ack 110 win 0 | zero window" },
	{ "an update while data is on the way is no duplicate ACK", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "< A 300 ack 100 win 2000 | window update duplicate 0\n"
	       "< A 300 ack 100 win 2000 | duplicate ACK duplicate 1\n"
	       "< A 300 ack 100 win 2100 sack 105-110 | duplicate ACK duplicate 2" },
	{ "a duplicate came, says SACK: no duplicate ACK", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> A 110+10 ack 300 | data\n"
	       "< A 300 ack 110 | ACK\n"
	       "< A 300 ack 110 sack 100-110 | ACK again duplicate 0" },
	{ "scaled windows", AT_AN_END,
	  "> S 99 win 64240 scale 7 | SYN window 64240\n"
	  "< SA 299 ack 100 win 65160 scale 5 | SYN,ACK window 65160\n"
	  "> A 100 ack 300 win 502 | ACK window 64256 unscaled 0\n"
	  "< A 300 ack 100 win 100 | ACK window 3200" },
	{ "only one side offers a scale", AT_AN_END,
	  "> S 99 win 64240 scale 7 | SYN\n"
	  "< SA 299 ack 100 win 1000 | SYN,ACK\n"
	  "> A 100 ack 300 win 502 | ACK window 502 unscaled 0\n"
	  "< A 300 ack 100 win 1000 | ACK again window 1000" },
	{ "a host whose SYN was not seen", AT_AN_END,
	  "< SA 299 ack 100 win 1000 scale 3 | SYN,ACK seq 0 based 0\n"
	  "> A 100 ack 300 win 502 | ACK window 502 unscaled 1\n"
	  "< A 300+5 ack 100 win 100 | data window 800 unscaled 0" },
	{ "the middle of a connection", AT_AN_END,
	  "> A 1000+10 ack 5000 win 40 | data seq 1 ack 1 offset 0 based 0 unscaled 1\n"
	  "< A 5000 ack 1010 | ACK seq 1 ack 11\n"
	  "> A 1010+10 ack 5000 | data offset 10 number 2\n"
	  "> A 1010+10 ack 5000 | retransmission copy 2\n"
	  "> A 990+10 ack 5000 | spurious retransmission copy 0" },
	{ "the middle of a connection: an ACK says what was sent before", AT_AN_END,
	  "< A 5000 ack 1010 | ACK\n"
	  "> A 1009 ack 5000 | keepalive\n"
	  "< A 5000 ack 1010 | keepalive ACK" },
	{ "the middle of a connection: a keepalive comes first", AT_AN_END,
	  "> A 1009 ack 5000 | ACK\n"
	  "< A 5000 ack 1010 | ACK\n"
	  "> A 1009 ack 5000 | keepalive\n"
	  "< A 5000 ack 1010 | keepalive ACK" },
	{ "frames that were not recorded", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data gap 0\n"
	       "> A 150+10 ack 300 | data gap 1\n"
	       "< A 300 ack 200 | ACK ack 101\n"
	       "> A 200+10 ack 300 | data gap 0\n"
	       "> A 210+10 ack 300 | data gap 0" },
	{ "FIN again", AT_AN_END,
	  SYNS "> FA 100 ack 300 | FIN copy 1\n"
	       "> FA 100 ack 300 | FIN again copy 2\n"
	       "< A 300 ack 101 | ACK\n"
	       "< FA 300 ack 101 | FIN\n"
	       "> A 101 ack 301 | ACK\n"
	       "< FA 300 ack 101 | FIN again copy 2\n"
	       "> A 101 ack 301 | ACK again" },
	{ "FIN with data, and again", AT_AN_END,
	  SYNS "> FAP 100+10 ack 300 | FIN offset 0 number 1 copy 1\n"
	       "> FAP 100+10 ack 300 | FIN again copy 2 number 2\n"
	       "< A 300 ack 111 | ACK ack 12" },
	{ "data sent again that takes the FIN along", AT_AN_END,
	  SYNS "> A 100+10 ack 300 | data\n"
	       "> FA 110 ack 300 | FIN\n"
	       "> FA 100+10 ack 300 | FIN again copy 2" },
	{ "both close at once", AT_AN_END,
	  SYNS "> FA 100 ack 300 | FIN\n"
	       "< FA 300 ack 100 | FIN\n"
	       "> A 101 ack 301 | ACK\n"
	       "< A 301 ack 101 | ACK" },
	{ "a keepalive after FIN", AT_AN_END,
	  SYNS "> FA 100 ack 300 | FIN\n"
	       "< A 300 ack 101 | ACK\n"
	       "> A 100 ack 300 | keepalive\n"
	       "< A 300 ack 101 | keepalive ACK" },
	{ "an RST that ends it, and one that answers data", AT_AN_END,
	  SYNS "> RA 100 ack 300 | RST seq 1\n"
	       "< A 300+5 ack 100 | data\n"
	       "> R 100 | RST ack 0" },
	{ "a loopback: both senders are here", ON_LOOPBACK,
	  SYNS "< A 300+10 ack 100 | data\n"
	       "< A 300+10 ack 100 | retransmission copy 2\n"
	       "> A 100 ack 310 | ACK\n"
	       "< A 300+10 ack 100 | spurious retransmission copy 3\n"
	       "> A 100+10 ack 310 | data\n"
	       "< A 310+1 ack 110 | data\n"
	       "> A 110 ack 311 | ACK\n"
	       "< A 310 ack 110 | keepalive\n"
	       "> A 110 ack 311 | keepalive ACK" },
	{ "what is damaged counts for nothing", AT_AN_END,
	  SYNS "< A 300+10 ack 100 ts 10 | data\n"
	       "< A 310+10 ack 100 ts 99 damaged 1 | damaged seq 11 number 0\n"
	       "< A 320+10 ack 100 ts 12 | data out of order\n"
	       "< A 310+10 ack 100 ts 15 | retransmission copy 1\n"
	       "< S 7777 damaged 1 | damaged\n"
	       "< A 330+10 ack 100 ts 16 | data" },
	{ "neither ACK nor SYN", AT_AN_END, SYNS "> - 100 | segment\n" },
	{ "urgent data is data", AT_AN_END, SYNS "> APU 100+1 ack 300 | data offset 0" },
};

static uint8_t flags_of(const char *letters)
{
	uint8_t flags = 0;
	for (; *letters; letters++)
		flags |= *letters == 'S'   ? FRAME_SYN
		         : *letters == 'A' ? FRAME_ACK
		         : *letters == 'F' ? FRAME_FIN
		         : *letters == 'R' ? FRAME_RST
		         : *letters == 'P' ? FRAME_PSH
		         : *letters == 'U' ? FRAME_URG
		                           : 0;
	return flags;
}

/* "> A 100+10 ack 300 win 5": returns the direction. */
static enum segment_direction parse(char *line, enum place place, struct frame *frame)
{
	static uint16_t windows[2];
	char *save, *word = strtok_r(line, " ", &save);
	enum segment_direction direction = *word == '>' ? SEGMENT_OUT : SEGMENT_IN;
	struct frame_tcp *tcp = &frame->tcp;
	uint8_t flags = flags_of(strtok_r(NULL, " ", &save));
	if (flags & FRAME_SYN)
		windows[direction] = 1000;
	*frame = (struct frame){ .kind = FRAME_TCP };
	frame->from = endpoint_loopback(AF_INET, direction == SEGMENT_OUT ? 1 : 2);
	frame->to = endpoint_loopback(AF_INET, direction == SEGMENT_OUT ? 2 : 1);
	if (place == TO_ITSELF)
		frame->to = frame->from;
	tcp->flags = flags;
	char *end;
	tcp->seq = (uint32_t)strtoul(strtok_r(NULL, " ", &save), &end, 10);
	frame->len = *end == '+' ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;
	while ((word = strtok_r(NULL, " ", &save)) != NULL) {
		uint32_t number = (uint32_t)strtoul(strtok_r(NULL, " ", &save), &end, 10);
		if (strcmp(word, "ack") == 0)
			tcp->ack = number;
		else if (strcmp(word, "win") == 0)
			windows[direction] = (uint16_t)number;
		else if (strcmp(word, "scale") == 0)
			tcp->options |= FRAME_SCALE, tcp->scale = (uint8_t)number;
		else if (strcmp(word, "ts") == 0)
			tcp->options |= FRAME_TIMESTAMPS, tcp->ts_value = number;
		else if (strcmp(word, "damaged") == 0)
			frame->damaged = number;
		else if (strcmp(word, "id") == 0)
			frame->ip_id = number;
		else if (strcmp(word, "sack") == 0) {
			tcp->options |= FRAME_SACK;
			tcp->sack[tcp->sacks].from = number;
			tcp->sack[tcp->sacks++].to = (uint32_t)strtoul(end + 1, NULL, 10);
		} else {
			tap_diagnose("unknown word", word, strlen(word));
			tap_failed++;
		}
	}
	tcp->window = windows[direction];
	return direction;
}

/* The value of a word that an expectation may have; -1 for none. */
static int64_t value_of(const struct segment *segment, const char *word)
{
	const struct {
		const char *word;
		int64_t value;
	} values[] = {
		{ "seq", segment->seq },
		{ "ack", segment->ack },
		{ "offset", segment->offset },
		{ "window", segment->window },
		{ "number", segment->number },
		{ "copy", segment->copy },
		{ "duplicate", segment->duplicate },
		{ "gap", segment->gap },
		{ "full", segment->fills_window },
		{ "unscaled", !segment->scaled },
		{ "based", segment->seq_based && (!segment->ack || segment->ack_based) },
	};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		if (strcmp(values[i].word, word) == 0)
			return values[i].value;
	return -1;
}

/* Prints what was got in the words of the expectation. */
static void describe(const struct segment *segment, const char *want, char *out, size_t size)
{
	const char *name = segment_name_text(segment->name);
	size_t len = strlen(name);
	char words[128], *save;
	snprintf(out, size, "%s", name);
	if (strncmp(want, name, len) != 0 || (want[len] && want[len] != ' '))
		return;
	snprintf(words, sizeof words, "%s", want + len);
	for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		size_t used = strlen(out);
		if (*word >= '0' && *word <= '9')
			continue;
		const char *given = want + (word - words) + len + strlen(word);
		bool bare = *given != ' ' || given[1] < '0' || given[1] > '9';
		int64_t value = value_of(segment, word);
		if (bare)
			snprintf(out + used, size - used, " %s%s", value == 1 ? "" : "not ", word);
		else
			snprintf(out + used, size - used, " %s %lld", word, (long long)value);
	}
}

static void tries(size_t row)
{
	struct segment_flow flow;
	char text[4096], *save;
	snprintf(text, sizeof text, "%s", traces[row].trace);
	segment_flow_init(&flow, traces[row].place != AT_AN_END);
	int line_number = 0;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char got[256], name[256], *want = strstr(line, " | ");
		struct frame frame;
		struct segment segment;
		*want = '\0';
		want += 3;
		snprintf(name, sizeof name, "%s, %d: %s", traces[row].name, ++line_number, line);
		enum segment_direction direction = parse(line, traces[row].place, &frame);
		segment_classify(&flow, direction, &frame, &segment);
		describe(&segment, want, got, sizeof got);
		is_text(got, want, name);
	}
}

/* Runs are bounded: what is forgotten is not known, and never a wrong number. */
static void forgets(void)
{
	struct segment_flow flow;
	segment_flow_init(&flow, false);
	struct frame frame = { .kind = FRAME_TCP, .len = 10 };
	frame.from = endpoint_loopback(AF_INET, 1);
	frame.to = endpoint_loopback(AF_INET, 2);
	struct segment segment;
	frame.tcp.flags = FRAME_ACK;
	uint32_t first = 0xffffff00;
	for (uint32_t i = 0; i < 100; i++) { /* each second one is missing */
		frame.tcp.seq = first + 20 * i;
		segment_classify(&flow, SEGMENT_IN, &frame, &segment);
	}
	is_int(segment.name, SEGMENT_OUT_OF_ORDER, "above many gaps");
	is_int(segment.seq, 1 + 20 * 99, "a sequence number that wraps around");
	int wrong = 0;
	for (uint32_t i = 0; i < 99; i++) {
		frame.tcp.seq = first + 20 * i + 10;
		segment_classify(&flow, SEGMENT_IN, &frame, &segment);
		wrong += segment.name == SEGMENT_COPY || segment.copy > 1;
	}
	is_int(wrong, 0, "none of the missing ones is called a copy");
	for (uint64_t sent = 0; sent < UINT64_C(5) << 30; sent += 1 << 28) {
		frame.tcp.seq = (uint32_t)sent;
		frame.len = 1 << 28;
		segment_classify(&flow, SEGMENT_OUT, &frame, &segment);
	}
	is_int(segment.offset, (INT64_C(5) << 30) - (1 << 28), "a stream beyond 4 GiB counts on");
	is_int(segment.name, SEGMENT_DATA, "and is data");
}

static void names(void)
{
	int bad = 0;
	for (int i = 0; i < SEGMENT_NAMES; i++)
		bad += !*segment_name_text((enum segment_name)i) ||
		       strlen(segment_name_short((enum segment_name)i)) > 15;
	is_int(bad, 0, "every name has words, and short ones");
	is_text(segment_name_text((enum segment_name)200), "segment", "a number that is none");
}

int main(void)
{
	tap_watchdog(20);
	for (size_t i = 0; i < sizeof traces / sizeof *traces; i++)
		tries(i);
	forgets();
	names();
	return tap_done();
}
