"""Reads secrets from Secret Manager by name."""

from __future__ import annotations

from vividly.model.errors import SettingsError, TransientError

TIMEOUT_S = 20.0


def read_secret(name: str) -> str:
    """The text of a Secret Manager secret.

    Args:
        name: `projects/P/secrets/S/versions/V`, or without a version for the latest.

    Raises:
        SettingsError: the secret does not exist, or there is no permission to read it.
        TransientError: Secret Manager is unavailable.
    """
    from google.api_core import exceptions as api
    from google.auth import exceptions as auth
    from google.cloud import secretmanager

    if "/versions/" not in name:
        name += "/versions/latest"
    try:
        client = secretmanager.SecretManagerServiceClient()
        response = client.access_secret_version(name=name, timeout=TIMEOUT_S)
        text: str = response.payload.data.decode("utf-8").strip()
        return text
    except (api.NotFound, api.PermissionDenied, api.InvalidArgument) as error:
        raise SettingsError(
            f"the secret {name} cannot be read ({type(error).__name__}); create it, and give "
            "the job's service account roles/secretmanager.secretAccessor on it"
        ) from error
    except auth.DefaultCredentialsError as error:
        raise SettingsError(
            f"the secret {name} cannot be read: there are no Google Cloud credentials"
        ) from error
    except (api.GoogleAPIError, auth.GoogleAuthError) as error:
        raise TransientError(f"the secret {name} cannot be read: {error}") from error
