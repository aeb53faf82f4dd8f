// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

#include <zstd.h>
