/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/page.h"

#include <string.h>

#include "policy/message.h"
#include "policy/url_host.h"

#define URL_MAX 8192 /* bytes */

/* Spelled out, and not as one reader or another may still take it. */
static bool url_valid(const struct json_value *url)
{
	static const char https[] = "https://";
	struct url_host h;
	char text[URL_MAX];
	size_t len;

	if (url->type != JSON_STRING)
		return false;
	len = json_string_copy(url, text, sizeof(text));
	return len <= sizeof(text) && len > sizeof(https) - 1 &&
	       memcmp(text, https, sizeof(https) - 1) == 0 &&
	       url_host_read(text, len, &h);
}

static bool is_page(const struct json_value *params)
{
	struct json_value url;

	return json_get(params, "url", &url) && url_valid(&url);
}

bool page_params_valid(const struct json_value *params)
{
	struct json_value mode, schema;

	if (params->type != JSON_OBJECT || message_wish_confused(params))
		return false;
	if (json_get(params, "mode", &mode)) {
		if (mode.type != JSON_STRING)
			return false;
		if (json_string_eq(&mode, "url"))
			return is_page(params);
		if (!json_string_eq(&mode, "form"))
			return false;
	}
	/* A client that reads no mode would open what is there. */
	if (json_get(params, "url", &schema))
		return false;
	return !json_get(params, "requestedSchema", &schema) ||
	       schema.type == JSON_OBJECT;
}

struct json_iter page_error_iter(const struct json_value *error)
{
	static const char none[] = "[]";
	struct json_value list = json_value_of(none, 0, 2, JSON_ARRAY), data;

	if (error->type != JSON_OBJECT || !json_get(error, "data", &data) ||
		data.type != JSON_OBJECT ||
		!json_get(&data, "elicitations", &list) ||
		list.type != JSON_ARRAY)
		list = json_value_of(none, 0, 2, JSON_ARRAY);
	return json_iter(&list);
}

bool page_error_valid(const struct json_value *error)
{
	struct json_iter i = page_error_iter(error);
	struct json_value mode, id, data;
	struct json_member m;
	size_t n = 0;

	if (error->type != JSON_OBJECT || (json_get(error, "data", &data) &&
						  message_wish_confused(&data)))
		return false;

	for (; json_next(&i, &m); n++)
		if (m.value.type != JSON_OBJECT ||
			message_wish_confused(&m.value) || !is_page(&m.value) ||
			(json_get(&m.value, "mode", &mode) &&
				!json_string_eq(&mode, "url")) ||
			!json_get(&m.value, "elicitationId", &id) ||
			id.type != JSON_STRING)
			return false;
	return n > 0;
}
