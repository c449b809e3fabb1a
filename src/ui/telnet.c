// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/telnet.h"

enum { WILL = 251, WONT, DO, DONT, IAC };

void telnet_receive(struct telnet *telnet, const char *data, size_t len, struct buf *out)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)data[i];
		if (telnet->command >= WILL && telnet->command <= DONT) {
			unsigned char answer[] = { IAC, telnet->command <= WONT ? DONT : WONT,
				                   byte };
			buf_append(out, answer, sizeof answer);
			telnet->command = 0;
		} else if (telnet->command == IAC) {
			telnet->command = byte >= WILL && byte <= DONT ? byte : 0;
		} else if (byte == IAC) {
			telnet->command = IAC;
		}
	}
}
