// SPDX-License-Identifier: GPL-3.0-or-later
/* kernel: asks the system about an open socket, and fills a sample with what it gives. Changes
 * nothing and records nothing. What a system does not say is absent. */
#pragma once

#include "record/sample.h"
#include "socket/transport.h"

/* Everything that is cheap to ask (some 2 microseconds on Linux): TCP_INFO for a TCP socket, the
 * queues, the buffers' memory and drops. The kernel counts a FIN that is on its way as a byte of
 * its queues; here it is none. */
void kernel_read(int fd, enum transport transport, struct sample *sample);

/* TCP_INFO alone, by as many bytes as this kernel returns (104 to 280 are known), tcp(7). Lives in
 * the one file that includes <linux/tcp.h>, which cannot stand together with <netinet/tcp.h>. */
void kernel_read_tcp(int fd, struct sample *sample);

/* The same of bytes that TCP_INFO has returned: exactly those fields that lie wholly in `len`, and
 * mean something in that state. What the kernel has not measured yet is absent too. Nothing on
 * other systems than Linux. */
void kernel_decode_tcp(const void *info, size_t len, struct sample *sample);
