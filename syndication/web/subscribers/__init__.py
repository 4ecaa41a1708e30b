"""The pages that the links of the mails lead to, and the published folder. They work without scripts and set no cookie.

A token in the address is all the authority there is, so no page of another site can act for a subscriber.
"""
