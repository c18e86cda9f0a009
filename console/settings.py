"""All settings, from the environment; docs/operations.md lists them for operators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from console.environment import Environment, database
from console.logs import configuration as log_configuration
from console.secret_key import kept_secret_key
from console.static_files import add_headers
from integrations.outbound.policy import Policy

env = Environment()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- process -------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
# Where mirrors, the default database and the made secret key live.
DATA_DIR = env.path("GLASSHOUSE_DATA", BASE_DIR / "var")
DATA_DIR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = env.text("SECRET_KEY") or kept_secret_key(DATA_DIR / "secret-key")
SECRET_KEY_FALLBACKS = list(env.words("SECRET_KEY_FALLBACKS"))
ALLOWED_HOSTS = list(env.words("ALLOWED_HOSTS", ("localhost", "127.0.0.1", "[::1]")))
CSRF_TRUSTED_ORIGINS = list(env.words("CSRF_TRUSTED_ORIGINS"))
# Off only for plain HTTP on a developer's machine: `up` turns it off on loopback.
HTTPS = env.flag("GLASSHOUSE_HTTPS", default=True)
TRUST_PROXY = env.flag("GLASSHOUSE_TRUST_PROXY", default=False)
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "console",  # first, so that its commands stand in for Django's of the same name
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "guardian",
    "rest_framework",
    "drf_spectacular",
    "csp",
    "audit",
    "integrations",
]

MIDDLEWARE = [
    "console.middleware.RequestIdMiddleware",
    # Before all that answers by itself: redirects to HTTPS and static files carry the policies too.
    "console.middleware.BrowserPolicyMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "console.middleware.UnstorableTextMiddleware",  # before anything is looked up
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "console.sign_in.middleware.SessionLimits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "console.sign_in.middleware.SecondFactorOwed",
    "console.sign_in.middleware.SignInNeedsCache",
    "console.visit.BadMomentMiddleware",
    "console.denials.DenialMiddleware",
]

# --- database, broker, cache ---------------------------------------------------------------------------
try:
    DATABASES: dict[str, Any] = {
        "default": database(env.text("DATABASE_URL", f"sqlite:///{DATA_DIR / 'glasshouse.sqlite3'}"))
    }
except ValueError as error:
    raise ImproperlyConfigured(f"DATABASE_URL cannot be understood: {error}") from None

REDIS_URL = env.text("REDIS_URL")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured("REDIS_URL cannot be understood: it must begin with redis://, rediss:// or unix://")
CACHES: dict[str, Any] = {
    "default": (
        {
            "BACKEND": "console.cache.JsonRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "glasshouse",
            "OPTIONS": {"serializer": "console.cache.JsonSerializer"},
        }
        if REDIS_URL
        # Without Redis the web processes and the worker still have to see one another's counters and locks.
        else {
            "BACKEND": "console.cache.JsonDatabaseCache",
            "LOCATION": "django_cache",
            # Past this number some are dropped whatever they hold, used codes of second factors among them.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}
# Without Redis the queue lives in a database file of its own, so that polling never blocks the console's writes.
CELERY_BROKER_URL = REDIS_URL or f"sqla+sqlite:///{DATA_DIR / 'queue.sqlite3'}"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The embedded broker hands every option to SQLAlchemy, which knows none of Celery's.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": 3600} if REDIS_URL else {}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sync-due-repositories": {"task": "integrations.tasks.sync_due_repositories", "schedule": 15.0},
    "run-due-mapping-tests": {"task": "integrations.tasks.run_due_mapping_tests", "schedule": 15.0},
    "publish-due-proposals": {"task": "integrations.tasks.publish_due_proposals", "schedule": 15.0},
    "follow-due-proposals": {"task": "integrations.tasks.follow_due_proposals", "schedule": 15.0},
    "clear-due-proposals": {"task": "integrations.tasks.clear_due_proposals", "schedule": 60.0},
    "maintain-mirrors": {"task": "integrations.tasks.maintain_mirrors", "schedule": 86_400.0},
    "tend-audit-log": {"task": "integrations.tasks.tend_audit_log", "schedule": 60.0},
    "clear-what-has-ended": {"task": "console.tasks.clear_what_has_ended", "schedule": 86_400.0},
    "tend-kept-analyses": {"task": "integrations.tasks.tend_kept_analyses", "schedule": 86_400.0},
}

# --- the config repository -----------------------------------------------------------------------------
CONFIG_REPOSITORY_URL = env.text("CONFIG_REPOSITORY_URL")
CONFIG_REPOSITORY_BRANCH = env.text("CONFIG_REPOSITORY_BRANCH", "main")
# A reference to the token, never the token: env:NAME or file:/run/secrets/name.
CONFIG_REPOSITORY_TOKEN_REF = env.text("CONFIG_REPOSITORY_TOKEN_REF")
CONFIG_REPOSITORY_WEB_URL = env.text("CONFIG_REPOSITORY_WEB_URL")
# A reference to the secret that the forge signs its deliveries with; without it none is taken.
CONFIG_REPOSITORY_WEBHOOK_SECRET_REF = env.text("CONFIG_REPOSITORY_WEBHOOK_SECRET_REF")
CONFIG_REPOSITORY_FORGE = env.choice("CONFIG_REPOSITORY_FORGE", "", ("", "github", "gitlab", "gitea", "forgejo"))
SYNC_INTERVAL_SECONDS = env.number("SYNC_INTERVAL_SECONDS", 60, least=5)
# A sync that would remove more than this share of accounts, integrations or mappings waits for a person.
SYNC_HOLD_REMOVAL_PERCENT = env.number("SYNC_HOLD_REMOVAL_PERCENT", 20, least=1, most=100)
GIT_TIMEOUT_SECONDS = env.number("GIT_TIMEOUT_SECONDS", 120, least=1)
SSH_KEY_FILE = env.optional_path("SSH_KEY_PATH")
SSH_KNOWN_HOSTS_FILE = env.optional_path("SSH_KNOWN_HOSTS_PATH")
HCL_TIMEOUT_SECONDS = env.number("HCL_TIMEOUT_SECONDS", 60, least=1)
# Named for what it risks: HCL of the repository then runs with this process's rights, files and network.
HCL_ALLOW_UNSANDBOXED_EVALUATION = env.flag("HCL_ALLOW_UNSANDBOXED_EVALUATION", default=False)

# --- proposals -----------------------------------------------------------------------------------------
# Who the console is in the commits that it makes; their author is the person.
GLASSHOUSE_COMMITTER_NAME = env.text("GLASSHOUSE_COMMITTER_NAME", "Glasshouse")
GLASSHOUSE_COMMITTER_EMAIL = env.text("GLASSHOUSE_COMMITTER_EMAIL", "glasshouse@localhost")
# Where people reach this console, for the links in pull requests.
GLASSHOUSE_URL = env.text("GLASSHOUSE_URL").rstrip("/")
PROPOSAL_FOLLOW_SECONDS = env.number("PROPOSAL_FOLLOW_SECONDS", 60, least=5)

# --- evaluations that people ask for ---------------------------------------------------------------------
# Each person's, in the playground and through the API together.
EVALUATIONS_PER_MINUTE = env.number("EVALUATIONS_PER_MINUTE", 120, least=1)
# How many run at once on this machine; fewer than web processes, so that one is left to everybody else.
EVALUATION_SLOTS = env.number("EVALUATION_SLOTS", 1, least=1)
# Whether the playground may be used without signing in; it then shows nothing of any account.
PLAYGROUND_ANONYMOUS = env.flag("GLASSHOUSE_PLAYGROUND_ANONYMOUS", default=False)

# --- pages ---------------------------------------------------------------------------------------------
TEMPLATES = [
    {
        # Our pages and allauth's, which we override (docs/decisions/0002-jinja2-for-pages.md).
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "console.jinja.environment",
            "context_processors": ["console.context.page"],
        },
    },
    {
        # The admin of users and tokens, and whatever a package renders by itself.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_ADD_HEADERS_FUNCTION = add_headers

# --- sign-in -------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "console.User"
ROLES = frozenset({"viewer", "csm", "engineer", "approver", "responder", "auditor", "admin"})
AUTHENTICATION_BACKENDS = [
    "console.backends.RoleBackend",
    "guardian.backends.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "console.sign_in.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # there is no sign-up: an admin makes users
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
ACCOUNT_PREVENT_ENUMERATION = True
ANONYMOUS_USER_NAME = None  # guardian: nobody has rights without signing in
GUARDIAN_AUTO_PREFETCH = False
SESSION_ENGINE = "console.session_store"
SESSION_COOKIE_AGE = env.number("SESSION_SECONDS", 12 * 3600, least=60)
SESSION_IDLE_SECONDS = env.number("SESSION_IDLE_SECONDS", 2 * 3600, least=60)
MFA_ADAPTER = "console.sign_in.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an admin made the users; their addresses are not proved by mail
MFA_TOTP_ISSUER = "Glasshouse"
MFA_TOTP_TOLERANCE = 1  # half minutes that a phone's clock may be off; each code works once all the same
MFA_FORMS = {
    "authenticate": "console.sign_in.forms.CodeForm",
    "authenticate_webauthn": "console.sign_in.forms.PasskeyForm",
    "login_webauthn": "console.sign_in.forms.PasskeyAloneForm",
}
# Whoever has one of these roles sets up a second factor before anything else; never asked for in the demo.
MFA_REQUIRED_ROLES = env.words("MFA_REQUIRED_ROLES", ("approver", "responder", "admin", "auditor", "engineer"))
if strangers := sorted(set(MFA_REQUIRED_ROLES) - ROLES):
    raise ImproperlyConfigured(f"MFA_REQUIRED_ROLES names {', '.join(strangers)}, which is no role.")

# --- single sign-on --------------------------------------------------------------------------------------
SOCIALACCOUNT_ADAPTER = "console.sign_in.sso_adapter.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "console.sign_in.oidc.Provider"}}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
OIDC_ISSUER = env.text("OIDC_ISSUER").rstrip("/")
OIDC_CLIENT_ID = env.text("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.text("OIDC_CLIENT_SECRET")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
OIDC_SCOPES = env.words("OIDC_SCOPES", ("openid", "profile", "email"))
OIDC_GROUPS_CLAIM = env.text("OIDC_GROUPS_CLAIM", "groups")
OIDC_ROLE_MAP = env.pairs("OIDC_ROLE_MAP")
OIDC_CREATE_USERS = env.flag("OIDC_CREATE_USERS", default=False)
# For a provider that vouches for the addresses it tells without saying so in `email_verified`.
OIDC_EMAILS_VERIFIED = env.flag("OIDC_EMAILS_VERIFIED", default=False)
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form may lead to no other site (form-action), a link may; `state` protects it
SAML_METADATA_URL = env.text("SAML_METADATA_URL")
SAML_ENTITY_ID = env.text("SAML_ENTITY_ID")
SAML_NAME = env.text("SAML_NAME", "single sign-on")
SAML_GROUPS_ATTRIBUTE = env.text("SAML_GROUPS_ATTRIBUTE", "groups")
if SAML_METADATA_URL:  # only then is the extra `saml` needed
    INSTALLED_APPS.append("allauth.socialaccount.providers.saml")
    SOCIALACCOUNT_PROVIDERS["saml"] = {"provider_class": "console.sign_in.saml.Provider"}
    if not SAML_ENTITY_ID or not SAML_METADATA_URL.startswith("https://"):
        raise ImproperlyConfigured("SAML_METADATA_URL must begin with https:// and needs SAML_ENTITY_ID beside it.")
if OIDC_ISSUER and not OIDC_CLIENT_ID:
    raise ImproperlyConfigured("OIDC_ISSUER is set, and OIDC_CLIENT_ID is not.")
if OIDC_ISSUER and not OIDC_ISSUER.startswith(("https://", "http://localhost", "http://127.0.0.1")):
    raise ImproperlyConfigured("OIDC_ISSUER must begin with https://: what it says decides who signs in.")
if strangers := sorted(set(OIDC_ROLE_MAP.values()) - ROLES):
    raise ImproperlyConfigured(f"OIDC_ROLE_MAP names {', '.join(strangers)}, which is no role.")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

# --- audit log -----------------------------------------------------------------------------------------
# Names this console's log in every checkpoint; give each installation a name of its own.
AUDIT_ORIGIN = env.text("AUDIT_ORIGIN", "glasshouse/audit")
AUDIT_KEY_FILE = env.path("AUDIT_KEY_PATH", DATA_DIR / "audit-key")
AUDIT_CHECKPOINT_SECONDS = env.number("AUDIT_CHECKPOINT_SECONDS", 60, least=1, most=3600)
AUDIT_CHECKPOINT_REPOSITORY = env.path("AUDIT_CHECKPOINT_REPOSITORY", DATA_DIR / "checkpoints.git")
AUDIT_CHECKPOINT_REMOTE = env.text("AUDIT_CHECKPOINT_REMOTE")
AUDIT_WEBHOOK_URL = env.text("AUDIT_WEBHOOK_URL")
AUDIT_WEBHOOK_SECRET = env.text("AUDIT_WEBHOOK_SECRET")
AUDIT_SYSLOG_URL = env.text("AUDIT_SYSLOG_URL")  # tcp://host:601 or udp://host:514
AUDIT_STREAM_FORMAT = env.choice("AUDIT_STREAM_FORMAT", "plain", ("plain", "ocsf"))

# --- hardening -----------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SECURE_SSL_REDIRECT = HTTPS
# Probes of an orchestrator come by plain HTTP from inside.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "console.views.errors.csrf_failure"
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "worker-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "upgrade-insecure-requests": HTTPS,
    }
}

# --- outbound requests ---------------------------------------------------------------------------------
# Hosts, host:port and networks (10.2.0.0/16) inside our network that forges and webhooks may stand in.
OUTBOUND_ALLOWED_HOSTS = env.words("OUTBOUND_ALLOWED_HOSTS")
try:
    Policy.of(OUTBOUND_ALLOWED_HOSTS)
except ValueError as error:
    raise ImproperlyConfigured(f"OUTBOUND_ALLOWED_HOSTS cannot be understood: {error}") from None

# --- bounds of a request -------------------------------------------------------------------------------
# Bodies, all forms and the API's JSON; the largest that a page sends is an input of the playground.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 0  # nothing is uploaded
FILE_UPLOAD_MAX_MEMORY_SIZE = 0

# --- API -----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "console.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["console.api.permissions.MayView"],
    "DEFAULT_RENDERER_CLASSES": ["console.api.rendering.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "console.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Glasshouse",
    "DESCRIPTION": "Read what is in force for every account, and where each value comes from.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["console.api.permissions.MayView"],
    "ENUM_NAME_OVERRIDES": {
        "Layer": "console.api.serializers.LAYERS",
        "Mode": "console.api.serializers.MODES",
        "SnapshotState": "console.api.serializers.SNAPSHOT_STATES",
        "Health": "integrations.models.Repository.Health",
        "ChangeKind": "integrations.models.Change.Kind",
        "HitKind": "console.api.serializers.HITS",
        "Part": "console.api.serializers.PARTS",
        "ProposalState": "console.api.serializers.PROPOSAL_STATES",
        "ProposalReviewState": "console.api.serializers.REVIEWS",
    },
}

LOGGING_CONFIG = None
log_configuration(as_json=env.choice("LOG_FORMAT", "json", ("json", "console")) == "json")

GLASSHOUSE_TEST_REQUIRE = env.words("GLASSHOUSE_TEST_REQUIRE")  # read by the test suite; known here so it is no typo
env.refuse_unknown()
SETTINGS_TOLD = env.told()  # for the record of their changes (console.configuration)
