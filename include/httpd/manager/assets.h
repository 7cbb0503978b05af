/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of src/ui, which embed.sh builds into the module.
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

/** The files that the page loads; an entry without a name ends the array. */
extern const at_asset_t at_assets[];
/** Changes whenever one of these files does; part of their addresses. */
extern const char at_assets_version[];
/** The page, with placeholders between at signs. */
extern const char *const at_assets_page;
/** The OpenAPI description. */
extern const char *const at_assets_openapi;

#endif
