"""Requests a token, or a person, may make a minute."""

from rest_framework.throttling import SimpleRateThrottle


class TokenThrottle(SimpleRateThrottle):
    scope = "token"

    def get_cache_key(self, request, view):
        if request.auth is not None:
            return f"api-token-{request.auth.pk}"
        return f"api-person-{request.user.pk}" if request.user.is_authenticated else f"api-address-{self.get_ident(request)}"

    def headers(self):
        """The RateLimit headers of what is left (draft-ietf-httpapi-ratelimit-headers)."""
        left = max(0, self.num_requests - len(self.history))
        return {"RateLimit-Policy": f'"token";q={self.num_requests};w={self.duration}', "RateLimit": f'"token";r={left};t={self.duration}'}
