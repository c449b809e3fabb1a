// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/serving.h"

#include <stdlib.h>

#include "base/alloc.h"

struct serving *serving_new(const struct service *service, void *configuration, const char *words,
                            bool iterative)
{
	struct serving *serving = xmalloc(sizeof *serving);
	*serving = (struct serving){
		.service = service,
		.configuration = configuration,
		.iterative = iterative,
		.words = xstrdup(words),
		.users = 1,
	};
	return serving;
}

struct serving *serving_share(struct serving *serving)
{
	if (serving)
		serving->users++;
	return serving;
}

void serving_release(struct serving *serving)
{
	if (!serving || --serving->users)
		return;
	if (serving->configuration && serving->service->configuration_freed)
		serving->service->configuration_freed(serving->configuration);
	free(serving->words);
	free(serving);
}
