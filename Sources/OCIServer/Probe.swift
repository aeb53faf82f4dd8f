// mirror: container images from one registry to another
// SPDX-License-Identifier: Apache-2.0

import CCrypt
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCertificateReloading
import NIOCore
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import ServiceLifecycle

func probe() { _ = crypt_r("a", "b", nil) }
