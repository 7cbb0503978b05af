/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of src/ui, as embed.sh has put them into the module.
 */
#ifndef ACCESSTOKEN_HTTPD_MANAGER_ASSETS_H
#define ACCESSTOKEN_HTTPD_MANAGER_ASSETS_H

#include <stddef.h>

typedef struct at_asset_t {
    const char *name;
    const char *type;
    const char *content;
    size_t size;
} at_asset_t;

/** What the page loads; an entry without a name ends them. */
extern const at_asset_t at_assets[];
/** Changes with any of them. */
extern const char at_assets_version[];
/** The page, with words between at signs to be filled in. */
extern const char *const at_assets_page;
/** The description of the API. */
extern const char *const at_assets_openapi;

#endif
