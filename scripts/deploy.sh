#!/usr/bin/env bash
# Builds the image and the template, launches, updates and drains the jobs; prints every command
# before it runs it, and with DRY_RUN=1 instead of it.
#
#   make image template launch PROJECT=school ENVIRONMENT=staging
#
# PROJECT      the project (GCP_PROJECT_ID)        REGION   us-central1
# ENVIRONMENT  dev, staging or prod (dev)          TAG      of the image; git's short hash
# STAGES       text, media or all (text media)     BUCKET   PROJECT-vividly-staging
# MAX_WORKERS  of each job (2): each may hold 15 database connections, 30 during an update
# PARAMETERS   further options: 'name=value;name=value' (a value may have commas)
# NETWORK, SUBNETWORK                               as the workers have them; the default's if empty
set -euo pipefail

PROJECT=${PROJECT:-${GCP_PROJECT_ID:-}}
REGION=${REGION:-us-central1}
ENVIRONMENT=${ENVIRONMENT:-dev}
STAGES=${STAGES:-text media}
MAX_WORKERS=${MAX_WORKERS:-2}
TAG=${TAG:-$(git rev-parse --short HEAD 2>/dev/null || true)}
[[ -n $PROJECT ]] || { echo "error: set PROJECT (or GCP_PROJECT_ID)" >&2; exit 2; }
[[ -n $TAG ]] || { echo "error: set TAG: this is no git checkout" >&2; exit 2; }
case $ENVIRONMENT in dev | staging | prod) ;; *)
    echo "error: ENVIRONMENT=$ENVIRONMENT: choose dev, staging or prod" >&2
    exit 2
    ;;
esac
BUCKET=${BUCKET:-$PROJECT-vividly-staging}
IMAGE=$REGION-docker.pkg.dev/$PROJECT/vividly/vividly:$TAG
TEMPLATE=gs://$BUCKET/templates/vividly-$TAG.json

run() {
    printf '+'
    printf ' %q' "$@"
    printf '\n'
    [[ ${DRY_RUN:-} == 1 ]] || "$@"
}

image() {
    run docker build --platform=linux/amd64 --tag "$IMAGE" .
    run docker push "$IMAGE"
}

template() {
    run gcloud dataflow flex-template build "$TEMPLATE" --project="$PROJECT" --image="$IMAGE" \
        --sdk-language=PYTHON --metadata-file=templates/metadata.json
}

start() { # [--update]
    local stages subscription account
    for stages in $STAGES; do
        case $stages in
        media) subscription=media_subscription=projects/$PROJECT/subscriptions/content-media-worker-sub account=media ;;
        text | all) subscription=input_subscription=projects/$PROJECT/subscriptions/content-generation-worker-sub account=text ;;
        *)
            echo "error: STAGES has $stages: choose text, media or all" >&2
            exit 2
            ;;
        esac
        run gcloud dataflow flex-template run "vividly-$stages" --project="$PROJECT" \
            --region="$REGION" --template-file-gcs-location="$TEMPLATE" \
            --service-account-email="vividly-$account@$PROJECT.iam.gserviceaccount.com" \
            --staging-location="gs://$BUCKET/staging" --temp-location="gs://$BUCKET/tmp" \
            --enable-streaming-engine --disable-public-ips --max-workers="$MAX_WORKERS" \
            --additional-experiments=no_use_multiple_sdk_containers \
            --additional-user-labels="service=vividly,environment=$ENVIRONMENT" \
            ${NETWORK:+--network="$NETWORK"} ${SUBNETWORK:+--subnetwork="$SUBNETWORK"} "$@" \
            --parameters="^;^stages=$stages;$subscription;environment=$ENVIRONMENT;sdk_container_image=$IMAGE;database_url=projects/$PROJECT/secrets/vividly-database/versions/latest;generated_content_bucket=gs://$PROJECT-vividly-generated;temp_files_bucket=gs://$PROJECT-vividly-temp;oer_content_bucket=gs://$PROJECT-vividly-oer${PARAMETERS:+;$PARAMETERS}"
    done
}

drain() {
    local stages id
    for stages in $STAGES; do
        id='JOB_ID'
        if [[ ${DRY_RUN:-} != 1 ]]; then
            id=$(gcloud dataflow jobs list --project="$PROJECT" --region="$REGION" --status=active \
                --filter="name=vividly-$stages" --format='value(id)' --limit=1)
            [[ -n $id ]] || { echo "no job vividly-$stages is running"; continue; }
        fi
        run gcloud dataflow jobs drain "$id" --project="$PROJECT" --region="$REGION"
    done
}

case ${1:-} in
image) image ;;
template) template ;;
launch) start ;;
update) start --update ;;
drain) drain ;;
*)
    echo "usage: scripts/deploy.sh image|template|launch|update|drain" >&2
    exit 2
    ;;
esac
