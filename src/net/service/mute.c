// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/service.h"

const struct service service_mute = {
	.name = "mute",
	.help = "accepts and never reads\n"
	        "What a client sends fills the receive buffer here, then its own send buffer; its FIN is "
	        "not read either. Datagrams beyond the receive buffer are dropped by the kernel.",
	.never_reads = true,
};
