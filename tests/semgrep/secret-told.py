# ruleid: secret-told
log.info("signed-in", token=token)
# ruleid: secret-told
logger.warning("refused", value=form.password)
# ruleid: secret-told
log.error(f"no access with {secret}")
# ruleid: secret-told
record(Event.TOKEN_MADE, actor=actor, subject=subject, data={"token": row.secret})
# ruleid: secret-told
raise GitError(code, token)
# ok: secret-told
log.info("signed-in", token=token.pk)
# ok: secret-told
record(Event.TOKEN_MADE, actor=actor, subject=subject, data={"token": token.name})
# ok: secret-told
log.info("tokens.swept", count=count)
# ok: secret-told
raise ForgeError(ForgeErrorCode.BAD_SECRET, "The key cannot be read.")
